cimport cython
from libc.stdint cimport int64_t

from tradewind.core.exposure cimport Holding
from tradewind.core.gate cimport Gate
from tradewind.core.ledger cimport Wallet
from tradewind.core.market cimport Market
from tradewind.core.merge cimport Stream
from tradewind.core.rows cimport Rows
from tradewind.core.state cimport Account, State
from tradewind.core.venue_model cimport VenueModel
from tradewind.model.market cimport Bar, Trade
from tradewind.model.numbers cimport magnitude


cdef int64_t _VALUE_MAX
cdef double _SURELY_SMALL


cdef class QuietRows(Rows):
    @cython.locals(venue=VenueModel)
    cdef int64_t _quiet_until(self, Market market) except -1
    @cython.locals(state=State, account=Account, home=Wallet, holding=Holding, share=double)
    cdef bint _is_curve_simple(self, Market market, int64_t low, int64_t high) except -1
    @cython.locals(start=Py_ssize_t, listeners=list, listener=tuple, is_gated=bint)
    cdef object _run_quiet_bars(self, Stream stream)
    @cython.locals(state=State, market=Market, listeners=list, listener=tuple, bar=Bar, times="const int64_t[::1]", closes="const int64_t[::1]", quiet_ns=int64_t, start=Py_ssize_t, row=Py_ssize_t, count=Py_ssize_t)
    cpdef object _tell_quiet_bars(self, Stream stream)
    @cython.locals(listeners=list, gate=Gate, start=Py_ssize_t, is_found=bint)
    cpdef object _tell_gated_bars(self, Stream stream)
    @cython.locals(state=State, market=Market)
    cdef int _mark_quiet_bar(self, Stream stream, Py_ssize_t row) except -1
    @cython.locals(listeners=list, listener=tuple)
    cdef object _run_quiet_trades(self, Stream stream)
    @cython.locals(state=State, market=Market, listeners=list, listener=tuple, trade=Trade, times="const int64_t[::1]", prices="const int64_t[::1]", quiet_ns=int64_t, start=Py_ssize_t, row=Py_ssize_t, count=Py_ssize_t)
    cpdef object _tell_quiet_trades(self, Stream stream)
    @cython.locals(state=State, account=Account, end=Py_ssize_t)
    cdef object _end_quiet_bars(self, Stream stream, Py_ssize_t start, Py_ssize_t stop)
    @cython.locals(venue=VenueModel)
    cdef object _end_quiet_trades(self, Stream stream, Py_ssize_t last)
    @cython.locals(market=Market, home=Wallet, holding=Holding, rest=int64_t, position=int64_t)
    cdef object _draw(self, Account account, Stream stream, Py_ssize_t start, Py_ssize_t end)


cpdef object alone(list listeners)
cpdef Holding held_of(Account account, Market market)
cpdef tuple extremes(object column)
