cimport cython
from libc.stdint cimport int64_t

from tradewind.core.book cimport Book
from tradewind.model.market cimport Bar, Quote, Trade, scaled_bar, scaled_quote, scaled_trade
from tradewind.model.numbers cimport multiply_units


cdef int64_t _LAST, _MID, _BID_ASK


@cython.final
cdef class Market:
    cdef readonly object instrument, sessions
    cdef public Book book
    cdef readonly str id, venue, currency
    cdef readonly int64_t index, tick, lot, money_factor, money_divisor, min_notional, quantity_unit
    cdef readonly double price_scale, quantity_scale
    cdef public int64_t mark, last, bid, ask, mark_time_ns, target_count, held_count, marking, opens_ns, closes_ns
    cdef public bint is_repriced
    cdef public Market next_repriced
    cdef public list holders, bar_listeners, trade_listeners, quote_listeners, depth_listeners
    cpdef object forget(self, int64_t strategy)
    cpdef bint is_open(self, int64_t time_ns) except -1
    @cython.locals(marking=int64_t, price=int64_t)
    cpdef int64_t valued_at(self, int64_t quantity) except? -1
    cpdef int64_t notional(self, int64_t price, int64_t quantity) except? -1
    cpdef Bar bar(self, int64_t open_time_ns, int64_t close_time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume)
    @cython.locals(price_scale=double, size_scale=double)
    cpdef Trade trade(self, int64_t time_ns, int64_t price, int64_t size, int64_t side)
    cpdef Quote quote(self, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size)


cpdef list without(list listeners, int64_t strategy)
