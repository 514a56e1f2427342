cimport cython
from libc.stdint cimport int64_t

from tradewind.core.orders cimport Order


cdef int64_t _ORDERS_MAX, _ORDER_AGE_MAX_NS, _GAP_MAX


@cython.final
cdef class FinishedOrders:
    cdef list _kept
    cdef int64_t _first, _from_ns
    cpdef int add(self, Order order) except -1
    @cython.locals(first=int64_t, count=int64_t, oldest_ns=int64_t, order=Order)
    cpdef Order take_old(self, int64_t time_ns)
