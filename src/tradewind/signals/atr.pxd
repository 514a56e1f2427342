cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.signal cimport Signal

cdef double INPUT_MAX


cdef class ATR(Signal):
    cdef public int64_t period, count
    cdef public double close, average

    @cython.locals(period=int64_t, reach=double)
    cpdef double update(self, double high, double low, double close) except? -1
    cpdef double take_bar(self, double high, double low, double close, double volume) except? -1


cpdef double true_range(double high, double low, double close_before) except? -1
