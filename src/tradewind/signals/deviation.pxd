cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.signal cimport Signal

cdef double INPUT_MAX, CANCELLED


cdef class Deviation(Signal):
    cdef public int64_t period, ddof, index, equal_count
    cdef public double mean, squares
    cdef public list window

    @cython.locals(old=double)
    cpdef double update(self, double price) except? -1
    cdef void _count_equal(self, double price) except *
    @cython.locals(before=double, moved=double)
    cdef void _replace(self, double old, double new) except *
    @cython.locals(mean=double)
    cdef void _compute_anew(self) except *
