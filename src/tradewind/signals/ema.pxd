from libc.stdint cimport int64_t

from tradewind.signals.price_signal cimport PriceSignal

cdef double INPUT_MAX


cdef class EMA(PriceSignal):
    cdef public int64_t period, count
    cdef public double average, weight

    cpdef double update(self, double price) except? -1
