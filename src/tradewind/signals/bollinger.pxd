cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.price_signal cimport PriceSignal
from tradewind.signals.deviation cimport Deviation


cdef class Bollinger(PriceSignal):
    cdef public int64_t period
    cdef public double width, upper, lower
    cdef public Deviation deviation

    @cython.locals(reach=double, middle=double)
    cpdef double update(self, double price) except? -1
