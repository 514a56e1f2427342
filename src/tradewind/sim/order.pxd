cimport cython
from libc.stdint cimport int64_t

cdef int64_t _UNKNOWN, LIMIT, STOP, STOP_LIMIT, IOC, FOK, POST_ONLY, EXTENDED, OPG, CLS


@cython.final
cdef class WorkingOrder:
    cdef readonly str order_id
    cdef readonly int64_t instrument, side
    cdef public int64_t quantity, filled_quantity, limit_price, stop_price, is_immediate, is_all_or_none, post_only, is_extended
    cdef public int64_t expire_time_ns, number, ahead, traded, is_done, auction, auction_ns
    cpdef int begin(self) except -1
    cpdef int64_t leaves(self) except? -1
    cpdef int64_t is_triggered_by(self, int64_t price) except -1
    cpdef int64_t is_marketable_at(self, int64_t price) except -1
    cpdef int64_t precedes(self, WorkingOrder other) except -1


@cython.locals(order=WorkingOrder)
cpdef WorkingOrder new_order(str order_id, int64_t instrument, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price, int64_t time_in_force, int64_t flags)
