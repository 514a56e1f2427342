cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.model.numbers cimport multiply_units


@cython.final
cdef class Curve:
    cdef int64_t[::1] _times, _equities
    cdef Py_ssize_t _length
    cpdef object make_room(self, Py_ssize_t count)
    @cython.locals(place=Py_ssize_t)
    cpdef int add(self, int64_t time_ns, int64_t equity) except -1
    @cython.locals(place=Py_ssize_t, row=Py_ssize_t, factor=int64_t, divisor=int64_t, exact=int64_t, time_ns=int64_t)
    cpdef int add_valued(self, const int64_t[::1] times, const int64_t[::1] prices, Py_ssize_t start, Py_ssize_t stop, int64_t rest, int64_t position, Market market) except -1
