cimport cython
from libc.stdint cimport int64_t

cdef int64_t _TIME, _TICK, _VOLUME, _VALUE
cdef int64_t _NO_PRICE, _WEIGHT_MAX, _TIME_MAX_NS, _UNITS_MAX, _WIDTH


@cython.final
cdef class BarBuilder:
    cdef int64_t _kind, _written
    cdef int64_t[::1] _rows
    cdef object _buffer
    cdef readonly int64_t step, offset_ns, last_time_ns, progress, unpriced_volume
    cdef readonly int64_t price_count, trade_count
    cdef readonly int64_t open_time_ns, close_time_ns, open, high, low, close, volume
    cdef readonly int64_t closed_open_time_ns, closed_close_time_ns
    cdef readonly int64_t closed_open, closed_high, closed_low, closed_close, closed_volume

    cpdef int64_t update(self, int64_t time_ns, int64_t price, int64_t size) except -1
    cpdef int64_t update_quote(self, int64_t time_ns, int64_t bid, int64_t ask) except -1
    cpdef int64_t advance(self, int64_t time_ns) except -1
    cpdef int64_t finish(self) except -1
    cdef int64_t _take(self, int64_t time_ns, int64_t price, int64_t size) except -1
    @cython.locals(closed=int64_t, passed=int64_t)
    cdef int64_t _take_by_time(self, int64_t time_ns, int64_t price, int64_t size) except -1
    @cython.locals(weight=int64_t)
    cdef int64_t _take_by_weight(self, int64_t time_ns, int64_t price, int64_t size) except -1
    @cython.locals(distance=int64_t)
    cdef int64_t _weight(self, int64_t time_ns, int64_t price, int64_t size) except -1
    cdef int _add(self, int64_t time_ns, int64_t price, int64_t size) except -1
    @cython.locals(closed=int64_t)
    cdef int64_t _close(self, int64_t close_time_ns) except -1
    @cython.locals(row=Py_ssize_t)
    cdef int _run(self, const int64_t[::1] time_ns, const int64_t[::1] price, const int64_t[::1] size) except -1
    @cython.locals(row=Py_ssize_t)
    cdef int _run_quotes(self, const int64_t[::1] time_ns, const int64_t[::1] bid, const int64_t[::1] ask) except -1
    @cython.locals(place=Py_ssize_t)
    cdef int _write(self) except -1
