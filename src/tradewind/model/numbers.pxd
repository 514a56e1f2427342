cimport cython
from libc.stdint cimport int64_t


cdef int64_t _MONEY_MAX
cdef double _SURELY_SMALL


cdef int _refuse_beyond(int64_t price, int64_t quantity, int64_t factor) except -1
cpdef int64_t magnitude(int64_t units) except? -1
@cython.locals(quotient=int64_t, rest=int64_t)
cpdef int64_t divide_half_even(int64_t numerator, int64_t denominator) except? -1
@cython.locals(size=double, product=int64_t)
cpdef int64_t multiply_units(int64_t price, int64_t quantity, int64_t factor, int64_t divisor) except? -1
