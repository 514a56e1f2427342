cimport cython
from libc.stdint cimport int64_t


cdef class QueueModel:
    @cython.locals(share=double, canceled=int64_t, from_behind=int64_t)
    cpdef int64_t ahead(self, int64_t ahead, int64_t before, int64_t now) except? -1
    cpdef double share_behind(self, double ahead, double behind) except? -1.0


cdef class Power(QueueModel):
    cdef readonly double exponent
    @cython.locals(odds=double)
    cpdef double share_behind(self, double ahead, double behind) except? -1.0


cdef class Logarithmic(QueueModel):
    @cython.locals(back=double, whole=double)
    cpdef double share_behind(self, double ahead, double behind) except? -1.0
