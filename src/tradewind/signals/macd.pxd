cimport cython
from libc.stdint cimport int64_t

from tradewind.signals.price_signal cimport PriceSignal
from tradewind.signals.ema cimport EMA

cdef double INPUT_MAX


cdef class MACD(PriceSignal):
    cdef public int64_t fast, slow, signal_period, count
    cdef public double signal, histogram
    cdef public EMA fast_average, slow_average, signal_average

    @cython.locals(slow=double, line=double, signal=double)
    cpdef double update(self, double price) except? -1
