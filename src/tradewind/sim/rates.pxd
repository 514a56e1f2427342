cimport cython
from libc.stdint cimport int64_t

cdef int64_t RATE_ONE


@cython.locals(whole=int64_t, product=int64_t, quotient=int64_t, rest=int64_t, total=int64_t)
cpdef int64_t share_of(int64_t money, int64_t rate) except? -1
@cython.locals(whole=int64_t)
cpdef int64_t share_below(int64_t units, int64_t rate) except? -1
cpdef int64_t share_above(int64_t units, int64_t rate) except? -1
