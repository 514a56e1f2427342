cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class Wallet:
    cdef public str currency
    cdef public int64_t cash, inventory, fees, realized, capital, value, other
    cdef public dict others, unsettled
    cpdef object deposit(self, int64_t amount)
    cpdef object post_fill(self, int64_t notional, int64_t released, int64_t realized)
    cpdef object pay_fee(self, int64_t amount)
    cpdef object post_other(self, str kind, int64_t amount)
    @cython.locals(total=int64_t)
    cpdef object check(self)
