cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.model.market cimport Bar, Trade, scaled_bar, scaled_trade


@cython.final
cdef class Stream:
    cdef readonly str kind
    cdef readonly int64_t kind_number
    cdef readonly Market market
    cdef public Py_ssize_t row
    cdef public int64_t quiet_ns
    cdef readonly const int64_t[::1] first, second, third, fourth, fifth, sixth, seventh
    @cython.locals(market=Market)
    cpdef Bar bar(self, Py_ssize_t row)
    @cython.locals(market=Market)
    cpdef Trade trade(self, Py_ssize_t row)
    @cython.locals(last=int64_t)
    cdef int _slice(self, const int64_t[:, ::1] table) except -1
    cdef int _lay_out(self, list arrays) except -1
