cimport cython
from libc.stdint cimport int64_t
from tradewind.model.numbers cimport multiply_units

cdef int64_t MARKET, LIMIT, STOP, STOP_LIMIT, _MONEY_MAX, _UNITS_MAX


@cython.final
cdef class Listing:
    cdef readonly object instrument, sessions
    cdef readonly str currency
    cdef public str halted
    cdef readonly int64_t tick, lot, min_notional, money_digits, money_factor, money_divisor
    cdef readonly int64_t price_digits, quantity_digits, amount_divisor, unit_divisor
    cdef public int64_t bid, bid_size, ask, ask_size, last, volume
    cpdef int64_t notional(self, int64_t price, int64_t quantity) except? -1
    @cython.locals(quoted=int64_t)
    cpdef int64_t reference(self, int64_t side) except? -1
    cpdef str quantity_refusal(self, int64_t quantity)
    cpdef str price_refusal(self, str name, int64_t price)
    cpdef str notional_refusal(self, int64_t quantity, int64_t price)
    @cython.locals(reason=str)
    cpdef str refusal(self, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price)
