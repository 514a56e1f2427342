from libc.stdint cimport int64_t

from tradewind.signals.signal cimport Signal

cdef double INPUT_MAX


cdef class EMA(Signal):
    cdef public int64_t period, count
    cdef public double average, weight

    cpdef double update(self, double price) except? -1
