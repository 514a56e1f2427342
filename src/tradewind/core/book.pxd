cimport cython
from libc.stdint cimport int64_t

from tradewind.core.ladder cimport Ladder

cdef int64_t _MAX, _NONE, _LAST, _SNAPSHOT, _GAP, _KIND


@cython.final
cdef class Book:
    cdef readonly Ladder bids, asks
    cdef readonly int64_t tick, best_bid, best_bid_size, best_ask, best_ask_size
    cdef readonly int64_t before, rows, events, snapshots, crossed
    cdef readonly int64_t gaps, ignored, refused, unknown_removals, last_flags
    cdef readonly bint is_stale
    cpdef object apply(self, int64_t side, int64_t price, int64_t size, int64_t flags)
    @cython.locals(row=Py_ssize_t, sides="const int64_t[::1]", prices="const int64_t[::1]", sizes="const int64_t[::1]", marks="const int64_t[::1]")
    cpdef int64_t run(self, object side, object price, object size, object flags) except? -1
    cpdef list levels(self, int64_t side, Py_ssize_t limit)
    @cython.locals(tick=int64_t)
    cpdef int64_t size_at(self, int64_t side, int64_t price) except? -1
    cpdef object clear(self)
    cdef object _begin(self, int64_t flags)
    @cython.locals(tick=int64_t)
    cdef object _set(self, int64_t side, int64_t price, int64_t size)
    @cython.locals(bids=Ladder)
    cdef object _set_bid(self, int64_t key, int64_t size)
    @cython.locals(asks=Ladder)
    cdef object _set_ask(self, int64_t key, int64_t size)
