cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.price_signal cimport PriceSignal

cdef double INPUT_MAX, CANCELLED


cdef class Deviation(PriceSignal):
    cdef public int64_t period, ddof, index, equal_count
    cdef public double mean, squares
    cdef public list window

    @cython.locals(old=double)
    cpdef double update(self, double price) except? -1
    cdef object _count_equal(self, double price)
    @cython.locals(before=double, moved=double)
    cdef object _replace(self, double old, double new)
    @cython.locals(mean=double)
    cdef object _compute_anew(self)
