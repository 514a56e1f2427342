cimport cython
from libc.stdint cimport int64_t

from tradewind.core.exposure cimport Holding
from tradewind.core.ledger cimport Wallet
from tradewind.core.market cimport Market
from tradewind.core.merge cimport Stream
from tradewind.core.rows cimport Rows
from tradewind.core.state cimport Account, State
from tradewind.core.venue_model cimport VenueModel
from tradewind.model.numbers cimport magnitude


cdef int64_t _VALUE_MAX
cdef double _SURELY_SMALL


cdef class QuietRows(Rows):
    @cython.locals(venue=VenueModel)
    cdef int64_t _quiet_until(self, Market market) except -1
    @cython.locals(state=State, account=Account, home=Wallet, holding=Holding, share=double)
    cdef bint _is_curve_simple(self, Market market, int64_t low, int64_t high) except -1
    @cython.locals(state=State, account=Account, end=Py_ssize_t)
    cdef object _end_quiet_bars(self, Stream stream, Py_ssize_t start, Py_ssize_t stop)
    @cython.locals(venue=VenueModel)
    cdef object _end_quiet_trades(self, Market market, int64_t time_ns, int64_t price, int64_t size, int64_t side)
    @cython.locals(market=Market, home=Wallet, holding=Holding, rest=int64_t, position=int64_t)
    cdef object _draw(self, Account account, Stream stream, Py_ssize_t start, Py_ssize_t end)


cpdef Holding held_of(Account account, Market market)
cpdef tuple extremes(object column)
