cimport cython
from libc.stdint cimport int64_t


cdef int64_t _NEW, _PARTIALLY_FILLED, _WIDTH
cdef tuple _FLAT


@cython.locals(following=int64_t)
cpdef int64_t next_state(int64_t state, int64_t happening, int64_t filled_quantity) except -1
