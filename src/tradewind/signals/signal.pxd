cdef class Signal:
    cdef public double value
