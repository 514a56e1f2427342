cimport cython

from tradewind.signals.price_signal cimport PriceSignal, checked_price_signal


cdef class Crossing(PriceSignal):
    cdef public PriceSignal fast, slow

    @cython.locals(fast=double, slow=double)
    cpdef double update(self, double price) except? -1
