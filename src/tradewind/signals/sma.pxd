from libc.stdint cimport int64_t

from tradewind.signals.price_signal cimport PriceSignal

cdef double INPUT_MAX


cdef class SMA(PriceSignal):
    cdef public int64_t period, index
    cdef public double total
    cdef public list window

    cpdef double update(self, double price) except? -1
