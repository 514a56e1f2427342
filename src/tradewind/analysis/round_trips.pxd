cimport cython
from libc.stdint cimport int64_t


cdef double _DUST
cdef Py_ssize_t _SIDE, _QUANTITY


# It holds a text and numbers, so it is in no cycle.
@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class RoundTrip:
    cdef public str instrument
    cdef public int64_t side, open_time_ns, close_time_ns
    cdef public double quantity, open_price, close_price, fees, result


@cython.locals(trips=list, open_by_instrument=dict, left=double, still_open=double, quantity=double, whole=double)
cpdef list round_trips(object fills)
cdef double _without(double quantity, double taken, double whole) except? -1
@cython.locals(whole=double, last_whole=double, open_fee=double, close_fee=double, open_price=double, close_price=double, fees=double, side=int64_t, trip=RoundTrip)
cdef RoundTrip _trip(object first, object last, double quantity)
cdef list _wins(object trips)
cdef list _losses(object trips)
@cython.locals(trip=RoundTrip, found=list)
cdef list _results(object trips)
cpdef object expectancy(object trips)
@cython.locals(trip=RoundTrip, times=list)
cpdef object average_holding_time_s(object trips)
