cdef class Signal:
    cdef public double value
    cpdef double take_bar(self, double high, double low, double close, double volume) except? -1
