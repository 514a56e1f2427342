cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market


@cython.final
cdef class Stream:
    cdef readonly str kind
    cdef readonly int64_t kind_number
    cdef readonly Market market
    cdef readonly const int64_t[::1] first, second, third, fourth, fifth, sixth, seventh
    @cython.locals(last=int64_t)
    cdef int _slice(self, const int64_t[:, ::1] table) except -1
    cdef int _lay_out(self, list arrays) except -1
