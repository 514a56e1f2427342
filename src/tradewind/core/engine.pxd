cimport cython
from libc.stdint cimport int64_t

from tradewind.core.book cimport Book
from tradewind.core.curve cimport Curve
from tradewind.core.market cimport Market
from tradewind.core.merge cimport Stream
from tradewind.core.pricing cimport Pricer
from tradewind.core.state cimport Account, State
from tradewind.core.venue_model cimport VenueModel
from tradewind.model.market cimport Bar, Quote, Trade


cdef int64_t _LAST, _BARS, _TRADES, _QUOTES


@cython.final
cdef class Engine(Pricer):
    cdef readonly Curve curve
    @cython.locals(market=Market, row=Py_ssize_t, open_times="const int64_t[::1]", close_times="const int64_t[::1]", opens="const int64_t[::1]", highs="const int64_t[::1]", lows="const int64_t[::1]", closes="const int64_t[::1]", volumes="const int64_t[::1]")
    cdef object _run_bars(self, Stream stream)
    @cython.locals(market=Market, row=Py_ssize_t, times="const int64_t[::1]", prices="const int64_t[::1]", sizes="const int64_t[::1]", sides="const int64_t[::1]")
    cdef object _run_trades(self, Stream stream)
    @cython.locals(market=Market, row=Py_ssize_t, times="const int64_t[::1]", bids="const int64_t[::1]", bid_sizes="const int64_t[::1]", asks="const int64_t[::1]", ask_sizes="const int64_t[::1]")
    cdef object _run_quotes(self, Stream stream)
    @cython.locals(market=Market, row=Py_ssize_t, times="const int64_t[::1]", sides="const int64_t[::1]", prices="const int64_t[::1]", sizes="const int64_t[::1]", flags="const int64_t[::1]")
    cdef object _run_depth(self, Stream stream)
    @cython.locals(stream=Stream, kind=int64_t, place=Py_ssize_t, row=Py_ssize_t, numbers="const int64_t[::1]", rows="const int64_t[::1]", parts="const int64_t[::1]")
    cdef object _run_merged(self, list streams, tuple order)
    @cython.locals(stream=Stream, market=Market, row=Py_ssize_t)
    cpdef object run_closes(self, object columns)
    cpdef Stream _stream(self, object columns)
    cdef Bar _bar_at(self, Stream stream, Py_ssize_t row)
    cdef object _merged_bar(self, Stream stream, Py_ssize_t row, int64_t part)
    @cython.locals(market=Market)
    cdef object _step_market(self, object event)
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
