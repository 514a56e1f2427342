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
    cpdef object arrive(self, WorkingOrder order, int64_t time_ns)
    cpdef object rest(self, WorkingOrder order)
    @cython.locals(listing=Listing)
    cpdef object on_quote(self, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size)
    cpdef object hold_auctions(self, int64_t time_ns, int64_t buy, int64_t sell)
    cpdef object on_trade(self, int64_t time_ns, int64_t price, int64_t size, int64_t side)
    @cython.locals(quoted=int64_t)
    cpdef int64_t crosses(self, WorkingOrder order) except -1
    @cython.locals(quoted=int64_t, size=int64_t)
    cpdef int64_t displayed(self, WorkingOrder order) except? -2
    @cython.locals(order=WorkingOrder, distance=int64_t)
    cpdef object requote(self, list orders, int64_t old, int64_t old_size, int64_t new, int64_t size)
    cpdef object restate(self, WorkingOrder order, int64_t before, int64_t now)
    @cython.locals(order=WorkingOrder)
    cpdef object match_quotes(self, int64_t time_ns)
    @cython.locals(order=WorkingOrder)
    cpdef object match_crossed(self, list orders, int64_t quoted, int64_t time_ns)
    @cython.locals(order=WorkingOrder, index=Py_ssize_t, price=int64_t)
    cpdef object trigger_stops(self, int64_t time_ns)
    cpdef int64_t trigger_price(self, int64_t side) except? -1
    cpdef list offers(self, WorkingOrder order)
    cpdef object consume(self, int64_t side, int64_t price, int64_t quantity)
    @cython.locals(price=int64_t, offered=int64_t, quantity=int64_t)
    cpdef object take_offers(self, WorkingOrder order, int64_t time_ns)
    @cython.locals(price=int64_t, offered=int64_t, quantity=int64_t)
    cpdef object make_offers(self, WorkingOrder order, int64_t time_ns)
    @cython.locals(order=WorkingOrder, left=int64_t, distance=int64_t, quantity=int64_t)
    cpdef object match_trade(self, list orders, int64_t time_ns, int64_t price, int64_t size, int64_t at_price)
    @cython.locals(order=WorkingOrder, left=int64_t, quantity=int64_t)
    cpdef object take_trade(self, int64_t time_ns, int64_t price, int64_t size)


@cython.locals(quantity=int64_t, offered=int64_t)
cpdef int64_t total(list offers) except -1
