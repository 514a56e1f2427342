cimport cython
from libc.stdint cimport int64_t


# It holds a text and numbers, so it is in no cycle.
@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class Target:
    cdef readonly str order_id
    cdef readonly int64_t time_ns, strategy, instrument, kind, value, sizing, leg


@cython.locals(target=Target)
cpdef Target new_target(int64_t time_ns, str order_id, int64_t strategy, int64_t instrument, int64_t kind, int64_t value, int64_t sizing, int64_t leg)
