from libc.stdint cimport int64_t

from tradewind.signals.signal cimport Signal

cdef double INPUT_MAX


cdef class SMA(Signal):
    cdef public int64_t period, index
    cdef public double total
    cdef public list window

    cpdef double update(self, double price) except? -1
