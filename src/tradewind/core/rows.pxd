cimport cython
from libc.stdint cimport int64_t

from tradewind.core.book cimport Book
from tradewind.core.curve cimport Curve
from tradewind.core.market cimport Market
from tradewind.core.pricing cimport Pricer
from tradewind.core.state cimport Account, State
from tradewind.core.venue_model cimport VenueModel
from tradewind.model.market cimport Bar, Quote, Trade


cdef int64_t _LAST


cdef class Rows(Pricer):
    cdef readonly Curve curve
    @cython.locals(state=State, venue=VenueModel)
    cdef int _begin(self, int64_t time_ns) except -1
    @cython.locals(venue=VenueModel)
    cdef int _on_bar_opened(self, Market market, int64_t time_ns, int64_t price) except -1
    @cython.locals(state=State, venue=VenueModel, account=Account, bar=Bar)
    cdef int _on_bar(self, Market market, int64_t open_time_ns, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume) except -1
    @cython.locals(venue=VenueModel)
    cdef int _on_trade(self, Market market, int64_t time_ns, int64_t price, int64_t size, int64_t side) except -1
    @cython.locals(venue=VenueModel, quote=Quote)
    cdef int _on_quote(self, Market market, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size) except -1
    @cython.locals(venue=VenueModel, book=Book, mid=int64_t)
    cdef int _on_depth(self, Market market, int64_t time_ns, int64_t side, int64_t price, int64_t size, int64_t flags) except -1
