cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class Bounds:
    cdef readonly int64_t order_quantity, position_quantity, order_notional, position_notional
    cdef readonly int64_t gross_exposure, net_exposure, capital, leverage, concentration
    cdef readonly int64_t risk_per_trade, price_collar, stress
    cdef readonly int64_t stale_price_ns, duplicate_ns, orders_per_second, open_orders, located
    cdef readonly bint is_short_allowed, is_allowed
