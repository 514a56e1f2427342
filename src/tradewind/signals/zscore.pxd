cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.price_signal cimport PriceSignal
from tradewind.signals.deviation cimport Deviation


cdef class ZScore(PriceSignal):
    cdef public int64_t period, ddof
    cdef public Deviation deviation

    @cython.locals(width=double)
    cpdef double update(self, double price) except? -1
