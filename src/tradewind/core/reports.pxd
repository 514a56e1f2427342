cimport cython
from libc.stdint cimport int64_t

from tradewind.core.orders cimport Order


# They hold texts, numbers and an order that knows of no report, so they are in no cycle.
@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class Acceptance:
    cdef readonly int64_t time_ns
    cdef readonly str order_id, venue_order_id


@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class Execution:
    cdef readonly int64_t time_ns, price, quantity, fee, liquidity
    cdef readonly str order_id, fill_id, fee_currency
    cdef public Order order


@cython.locals(report=Acceptance)
cpdef Acceptance acceptance(int64_t time_ns, str order_id, str venue_order_id)
@cython.locals(report=Execution)
cpdef Execution execution(int64_t time_ns, str order_id, str fill_id, int64_t price, int64_t quantity, int64_t fee, str fee_currency, int64_t liquidity)
cpdef Execution execution_of(object event)
