cimport cython
from libc.stdint cimport int64_t
from tradewind.sim.listing cimport Listing
from tradewind.sim.matching cimport Matching
from tradewind.sim.order cimport WorkingOrder
from tradewind.sim.queue_position cimport QueueModel


cdef int64_t AHEAD_UNKNOWN, OPG, CLS


cdef class QuoteMatching(Matching):
    cdef readonly QueueModel queue
    cdef readonly int64_t touch, slips, has_quotes, has_trades, taken_bid, taken_ask
    cpdef int64_t would_take(self, WorkingOrder order) except -1
    @cython.locals(price=int64_t)
    cpdef void arrive(self, WorkingOrder order, int64_t time_ns) except *
    cpdef void rest(self, WorkingOrder order) except *
    @cython.locals(listing=Listing)
    cpdef void on_quote(self, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size) except *
    cpdef void hold_auctions(self, int64_t time_ns, int64_t buy, int64_t sell) except *
    cpdef void on_trade(self, int64_t time_ns, int64_t price, int64_t size, int64_t side) except *
    @cython.locals(quoted=int64_t)
    cpdef int64_t crosses(self, WorkingOrder order) except -1
    @cython.locals(quoted=int64_t, size=int64_t)
    cpdef int64_t displayed(self, WorkingOrder order) except? -2
    @cython.locals(order=WorkingOrder, distance=int64_t)
    cpdef void requote(self, list orders, int64_t old, int64_t old_size, int64_t new, int64_t size) except *
    cpdef void restate(self, WorkingOrder order, int64_t before, int64_t now) except *
    @cython.locals(order=WorkingOrder)
    cpdef void match_quotes(self, int64_t time_ns) except *
    @cython.locals(order=WorkingOrder)
    cpdef void match_crossed(self, list orders, int64_t time_ns) except *
    @cython.locals(order=WorkingOrder, index=Py_ssize_t, price=int64_t)
    cpdef void trigger_stops(self, int64_t time_ns) except *
    cpdef int64_t trigger_price(self, int64_t side) except? -1
    cpdef list offers(self, WorkingOrder order)
    cpdef void consume(self, int64_t side, int64_t price, int64_t quantity) except *
    @cython.locals(price=int64_t, offered=int64_t, quantity=int64_t)
    cpdef void take_offers(self, WorkingOrder order, int64_t time_ns) except *
    @cython.locals(price=int64_t, offered=int64_t, quantity=int64_t)
    cpdef void make_offers(self, WorkingOrder order, int64_t time_ns) except *
    @cython.locals(order=WorkingOrder, left=int64_t, distance=int64_t, quantity=int64_t)
    cpdef void match_trade(self, list orders, int64_t time_ns, int64_t price, int64_t size, int64_t at_price) except *
    @cython.locals(order=WorkingOrder, left=int64_t, quantity=int64_t)
    cpdef void take_trade(self, int64_t time_ns, int64_t price, int64_t size) except *


@cython.locals(quantity=int64_t, offered=int64_t)
cpdef int64_t total(list offers) except -1
