cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.signal cimport Signal
from tradewind.signals.deviation cimport Deviation


cdef class Bollinger(Signal):
    cdef public int64_t period
    cdef public double width, upper, lower
    cdef public Deviation deviation

    @cython.locals(reach=double, middle=double)
    cpdef double update(self, double price) except? -1
