cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class Curve:
    cdef int64_t[::1] _times, _equities
    cdef Py_ssize_t _length
    @cython.locals(place=Py_ssize_t)
    cpdef int add(self, int64_t time_ns, int64_t equity) except -1
