from tradewind.signals.signal cimport Signal

cdef double INPUT_MAX


cdef class VWAP(Signal):
    cdef public double turnover, volume

    cpdef double update(self, double price, double volume) except? -1
