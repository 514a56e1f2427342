cimport cython

from tradewind.signals.price_signal cimport PriceSignal, checked_price_signal


cdef class Band(PriceSignal):
    cdef public double low, high, inner_low, inner_high
    cdef public PriceSignal signal

    @cython.locals(level=double)
    cpdef double update(self, double price) except? -1
