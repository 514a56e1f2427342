cimport cython
from libc.stdint cimport int64_t


cdef double _DUST
cdef Py_ssize_t _SIDE, _QUANTITY


@cython.locals(trips=list, open_by_instrument=dict, left=double, still_open=double, quantity=double, whole=double)
cpdef list round_trips(object fills)
cdef double _without(double quantity, double taken, double whole) except? -1
@cython.locals(whole=double, last_whole=double, open_fee=double, close_fee=double, open_price=double, close_price=double, fees=double, result=double)
cdef object _trip(object first, object last, double quantity)
cdef list _wins(object trips)
cdef list _losses(object trips)
cpdef object expectancy(object trips)
cpdef object average_holding_time_s(object trips)
