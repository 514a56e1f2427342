cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.signal cimport Signal
from tradewind.signals.atr cimport true_range

cdef double INPUT_MAX


cdef class ADX(Signal):
    cdef public int64_t period, count
    cdef public double high, low, close, reach, plus, minus, average, plus_di, minus_di

    cpdef double update(self, double high, double low, double close) except? -1
    cpdef double take_bar(self, double high, double low, double close, double volume) except? -1
    @cython.locals(up=double, down=double, kept=double)
    cdef object _move(self, double high, double low)
    @cython.locals(plus=double, minus=double, index=double, period=int64_t)
    cdef object _average(self)
