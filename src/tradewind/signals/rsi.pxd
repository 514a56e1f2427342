cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.price_signal cimport PriceSignal

cdef double INPUT_MAX


cdef class RSI(PriceSignal):
    cdef public int64_t period, count
    cdef public double last, gain, loss

    @cython.locals(move=double, moved=double)
    cpdef double update(self, double price) except? -1
    @cython.locals(period=int64_t)
    cdef object _smooth(self, double gain, double loss)
