cimport cython
from libc.stdint cimport int64_t


# It holds texts and numbers, so it is in no cycle.
@cython.final
@cython.no_gc
cdef class Order:
    cdef public str order_id, venue_order_id
    cdef public int64_t strategy, account, instrument
    cdef public int64_t side, quantity, order_type, limit_price, stop_price, time_in_force, flags
    cdef public int64_t expire_time_ns, leg, state
    cdef public int64_t filled_quantity, filled_notional, fees, reserved
    cdef public int64_t amends_sent, stated_quantity, end_state
    cdef public int64_t intended_time_ns, changed_time_ns
    cdef public tuple amends
    cdef str _fill_id
    cdef dict _fill_ids
    cpdef int begin(self, str order_id, int64_t strategy, int64_t account, int64_t instrument, int64_t side, int64_t quantity) except -1
    cpdef bint take_fill(self, str fill_id) except -1
    cpdef bint has_fill(self, str fill_id) except -1
    cpdef int add_fill(self, str fill_id) except -1


@cython.locals(order=Order)
cpdef Order new_order(str order_id, int64_t strategy, int64_t account, int64_t instrument, int64_t side, int64_t quantity)
