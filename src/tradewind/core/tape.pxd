cimport cython
from libc.stdint cimport int64_t, uint8_t

from tradewind.core.orders cimport Order
from tradewind.core.reports cimport Acceptance, Execution
from tradewind.core.target cimport Target


cdef int64_t _BYTES_MAX, _RECORDS_MAX, _PREFIX, _ROOM, _MESSAGE_MAX, _UINT32_MAX, _INT32_MIN
cdef Py_UCS4 _LAST_ASCII
cdef bytes _INTENDED, _AIMED, _SUBMIT, _ACCEPTED, _FILLED


@cython.final
cdef class Tape:
    cdef object _take, _others
    cdef readonly list moves
    cdef readonly int64_t fills
    cdef list _messages
    cdef bytearray _bytes
    cdef int64_t[::1] _sequences
    cdef bint _packs
    cdef Py_ssize_t _length, _start
    cdef int64_t _count, _intended, _aimed, _submitted, _accepted, _filled
    cpdef int flush(self) except -1
    cdef object _hand_over(self)
    cdef object _hold(self, int64_t sequence, object message)
    cpdef int record(self, int64_t sequence, object message) except -1
    cpdef int order_intended(self, int64_t sequence, Order order, str strategy, str instrument) except -1
    cpdef int target_intended(self, int64_t sequence, Target target, str strategy, str instrument) except -1
    cpdef int submit_order(self, int64_t sequence, int64_t time_ns, Order order, str account, str venue, str instrument) except -1
    cpdef int order_accepted(self, int64_t sequence, Acceptance report) except -1
    cpdef int order_filled(self, int64_t sequence, Execution report) except -1
    cdef int _begin(self, int64_t sequence, bytes octets) except -1
    @cython.locals(target="unsigned char*", length=int64_t, place=Py_ssize_t)
    cdef int _end(self) except -1
    cdef int _make_room(self, Py_ssize_t count) except -1
    @cython.locals(target="unsigned char*", place=Py_ssize_t, octet=uint8_t)
    cdef int _octets(self, bytes octets) except -1
    @cython.locals(target="unsigned char*", count=Py_ssize_t, place=Py_ssize_t, mark=Py_UCS4)
    cdef int _text(self, str text) except -1
    @cython.locals(count=Py_ssize_t)
    cdef int _long_text(self, bytes octets) except -1
    @cython.locals(target="unsigned char*")
    cdef int _number(self, int64_t number) except -1
    cdef int _positive(self, int64_t number) except -1
    cdef int _negative(self, int64_t number) except -1
    @cython.locals(target="unsigned char*", place=Py_ssize_t)
    cdef int _big_endian(self, unsigned char kind, int64_t number, int64_t count) except -1
