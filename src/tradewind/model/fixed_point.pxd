cimport cython
from libc.stdint cimport int64_t

cdef int64_t _MAX, _LENGTH_MAX


@cython.locals(length=int64_t, start=int64_t, i=int64_t, units=int64_t, places=int64_t, mark=int64_t, negative=bint)
cpdef int64_t parse_fixed_point(str text, int64_t digits) except? -1
