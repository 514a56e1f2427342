cimport cython
from libc.stdint cimport int64_t

from tradewind.core.bounds cimport Bounds
from tradewind.core.ledger cimport Wallet
from tradewind.core.market cimport Market
from tradewind.model.numbers cimport magnitude, multiply_units


cdef int64_t MONEY_MAX


cdef int64_t _SECOND_NS, _VALUE_MAX, _VALUES_MAX
cdef double _SURELY_LARGE, _EXACT


@cython.final
cdef class Holding:
    cdef public Bounds bounds
    cdef public Market market
    cdef public Wallet wallet
    cdef public int64_t position, open_buy, open_sell, value, rate, rate_divisor
    cdef public int64_t long, long_open, long_closing, short, short_open, short_closing
    cpdef int64_t resulting(self, int64_t side, int64_t quantity) except? -1
    @cython.locals(buy=int64_t, sell=int64_t, netted=int64_t, size=int64_t)
    cpdef int64_t worst(self) except? -1
    @cython.locals(legs=int64_t, open_=int64_t, netted=int64_t)
    cpdef int64_t size_with(self, int64_t side, int64_t quantity, int64_t leg) except? -1
    cpdef int64_t leg_position(self, int64_t leg) except? -1
    cpdef int64_t leg_resulting(self, int64_t leg, int64_t quantity) except? -1
    cpdef object fill(self, int64_t signed, int64_t leg)
    cpdef object reserve(self, int64_t side, int64_t quantity, int64_t leg)
    cpdef object reserve_leg(self, int64_t side, int64_t quantity, int64_t leg)
    @cython.locals(notional=int64_t, factor=int64_t, share=double, market=Market)
    cpdef int64_t money(self, int64_t price, int64_t quantity) except? -1
    @cython.locals(value=int64_t, others=int64_t, wallet=Wallet, market=Market)
    cpdef object revalue(self)
    @cython.locals(market=Market, legs=int64_t, value=int64_t)
    cpdef int64_t marked_value(self) except? -1
    cpdef int64_t value_at(self, int64_t price) except? -1
    @cython.locals(market=Market, size=int64_t, share=double)
    cpdef int64_t value_of(self, int64_t price, int64_t quantity) except? -1


@cython.final
cdef class Scope:
    cdef readonly str name
    cdef public str currency, halt_reason
    cdef public object limits, flow
    cdef public bint is_limited, is_halted
    cdef readonly bint is_watching_duplicates
    cdef public list holdings
    cdef public int64_t open_orders, second, orders_in_second
    cdef public dict recent
    @cython.locals(holding=Holding)
    cpdef Holding holding(self, Market market, Wallet wallet)
    @cython.locals(second=int64_t)
    cpdef int64_t count_message(self, int64_t time_ns) except? -1
    cpdef object remember(self, tuple order, int64_t time_ns)
    @cython.locals(total=int64_t, holding=Holding, money=int64_t)
    cpdef int64_t gross(self) except? -1
    @cython.locals(total=int64_t, holding=Holding, money=int64_t)
    cpdef int64_t net(self, int64_t side) except? -1


cpdef object convert(object amount, object rate, object divisor)
@cython.locals(wide=object, product=object, converted=object, rest=object)
cpdef object convert_wide(object amount, object rate, object divisor)
cpdef int64_t bounded_sum(int64_t total, int64_t amount) except? -1
