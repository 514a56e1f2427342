cimport cython
from libc.stdint cimport int64_t

cdef int64_t _NONE, _BLOCK, _BLOCK_BITS


@cython.final
cdef class Ladder:
    cdef readonly int64_t base, best, best_size, count, forgotten, levels_max, width, window
    cdef int64_t[::1] sizes, blocks
    cdef dict far
    @cython.locals(offset=int64_t, old=int64_t)
    cpdef int64_t set(self, int64_t key, int64_t size) except? -1
    @cython.locals(offset=int64_t)
    cpdef int64_t size_at(self, int64_t key) except? -1
    @cython.locals(key=int64_t)
    cpdef list levels(self, Py_ssize_t limit)
    @cython.locals(block=Py_ssize_t, offset=Py_ssize_t)
    cpdef object clear(self)
    @cython.locals(offset=int64_t)
    cdef object _rise(self, int64_t key)
    @cython.locals(best=int64_t)
    cdef object _fall(self, int64_t key)
    @cython.locals(old=int64_t)
    cdef int64_t _set_near(self, int64_t offset, int64_t size) except? -1
    @cython.locals(old=int64_t)
    cdef int64_t _set_far(self, int64_t key, int64_t size) except? -1
    @cython.locals(offset=int64_t)
    cdef int64_t _next_near(self, int64_t key) except? -1
    @cython.locals(block=Py_ssize_t, top=int64_t, offset=int64_t, level=int64_t)
    cdef object _move(self, int64_t key)
    @cython.locals(offset=int64_t, size=int64_t)
    cdef object _empty_block(self, int64_t start)
    @cython.locals(kept=Py_ssize_t, key=int64_t, offset=int64_t)
    cdef object _forget(self)
