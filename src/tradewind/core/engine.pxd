cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.core.merge cimport Stream
from tradewind.core.quiet cimport QuietRows, extremes


cdef int64_t _BARS, _TRADES, _QUOTES


@cython.final
cdef class Engine(QuietRows):
    @cython.locals(market=Market, row=Py_ssize_t, count=Py_ssize_t, low=int64_t, high=int64_t)
    cdef object _run_bars(self, Stream stream)
    @cython.locals(market=Market, row=Py_ssize_t, count=Py_ssize_t)
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
    cdef object _merged_bar(self, Stream stream, Py_ssize_t row, int64_t part)
    @cython.locals(market=Market)
    cdef object _step_market(self, object event)
