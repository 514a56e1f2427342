cimport cython
from libc.stdint cimport int64_t

from tradewind.model.numbers cimport magnitude, multiply_units


cdef int64_t MONEY_MAX


@cython.final
cdef class Position:
    cdef readonly int64_t quantity, cost, realized, released, notional
    @cython.locals(notional=int64_t, released=int64_t, realized=int64_t, closing=int64_t)
    cpdef int64_t fill(self, int64_t signed_quantity, int64_t price, int64_t money_factor, int64_t money_divisor) except? -1
    cpdef object restate(self, int64_t quantity, int64_t cost, int64_t realized)


@cython.locals(wide=object)
cpdef int64_t share_of_cost(int64_t cost, int64_t closed, int64_t quantity) except? -1
@cython.locals(position=Position)
cpdef Position position_from(list state)
