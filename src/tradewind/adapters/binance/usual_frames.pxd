cimport cython
from libc.stdint cimport int64_t


cdef int64_t _ORDERED_MAX, _ID_MAX, _STAMP_END, _UNITS_MAX, _DIGITS_MAX
cdef int64_t _QUOTE, _COLON, _COMMA, _CLOSE, _BACKSLASH, _POINT, _ZERO, _NINE, _FIRST_SIGN, _LAST_SIGN
cdef int64_t _TEXT, _NUMBER, _WORD
cdef int64_t _e, _s, _t, _p, _q, _T, _m, _X, _u, _B, _A, _b, _a
cdef bytes _HEAD, _MIDDLE, _TRUE, _FALSE, _MARKET


@cython.final
cdef class Rows:
    cdef readonly str kind
    cdef readonly tuple names
    cdef readonly int64_t length
    cdef object array
    cdef int64_t[::1] values
    @cython.locals(start=int64_t, place=int64_t)
    cpdef object add(self, tuple values)
    @cython.locals(start=int64_t)
    cdef int64_t room(self, int64_t count) except -1
    cpdef object take(self, object instrument)


@cython.final
cdef class Lane:
    cdef readonly object batches
    cdef readonly bytes symbol
    cdef readonly int64_t price_digits, quantity_digits, tick
    cdef public int64_t last_print
    cdef public bint is_touched
    cdef readonly Rows trades, quotes


@cython.final
cdef class UsualFrames:
    cdef dict _lanes
    cdef readonly list touched
    cdef Lane _lane
    cdef bytes _prints
    cdef int64_t _print_id, _count, _time_ns
    cdef bint _is_ordered
    cdef int64_t[::1] _seen, _kinds, _starts, _ends, _numbers
    @cython.locals(raw=bytes)
    cpdef object take(self, list frames, int64_t time_ns, object other)
    @cython.locals(lane=Lane)
    cdef bint _is_taken(self, bytes raw) except -1
    @cython.locals(lane=Lane)
    cdef Lane _find_lane(self, bytes raw)
    @cython.locals(price=int64_t, size=int64_t, stamp=int64_t, side=int64_t, start=int64_t, rows=Rows)
    cdef bint _take_print(self, bytes raw, Lane lane) except -1
    @cython.locals(bid=int64_t, ask=int64_t, bid_size=int64_t, ask_size=int64_t, tick=int64_t, stamp=int64_t, update_id=int64_t, time_ns=int64_t, venue_time_ns=int64_t, start=int64_t, rows=Rows)
    cdef bint _take_quote(self, bytes raw, Lane lane) except -1
    @cython.locals(place=int64_t)
    cdef bint _scan(self, bytes raw) except -1
    @cython.locals(end=int64_t, letter=int64_t, mark=int64_t, is_true=bint)
    cdef int64_t _scan_pair(self, bytes raw, int64_t place) except -2
    @cython.locals(start=int64_t, number=int64_t, mark=int64_t)
    cdef int64_t _scan_number(self, bytes raw, int64_t place, int64_t letter) except -2
    cdef bint _has(self, int64_t letter, int64_t kind) except -1
    @cython.locals(start=int64_t, is_as_long=bint)
    cdef bint _says(self, bytes raw, int64_t letter, bytes text) except -1
    @cython.locals(start=int64_t, end=int64_t, units=int64_t, places=int64_t, place=int64_t, mark=int64_t)
    cdef int64_t _units(self, bytes raw, int64_t letter, int64_t digits) except -2


cpdef int64_t raised(int64_t units, int64_t zeros) except -2
@cython.locals(index=int64_t)
cpdef bint matches(bytes raw, int64_t place, bytes word) except -1
@cython.locals(mark=int64_t)
cpdef int64_t text_end(bytes raw, int64_t place) except -2
