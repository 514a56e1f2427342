cimport cython
from libc.stdint cimport int64_t
from tradewind.model.numbers cimport divide_half_even, multiply_units
from tradewind.sim.listing cimport Listing
from tradewind.sim.rates cimport share_of

cdef int64_t MAKER


cdef class FeeModel:
    cpdef int64_t fee(self, Listing listing, int64_t price, int64_t quantity, int64_t filled_before, int64_t liquidity) except? -1


cdef class Percent(FeeModel):
    cdef readonly int64_t maker, taker
    cdef readonly str maker_text, taker_text
    @cython.locals(rate=int64_t)
    cpdef int64_t fee(self, Listing listing, int64_t price, int64_t quantity, int64_t filled_before, int64_t liquidity) except? -1


cdef class PerShare(FeeModel):
    cdef readonly int64_t amount, minimum, maximum, is_capped
    cdef readonly str amount_text, minimum_text, maximum_text
    @cython.locals(charged=int64_t)
    cpdef int64_t fee(self, Listing listing, int64_t price, int64_t quantity, int64_t filled_before, int64_t liquidity) except? -1
    @cython.locals(total=int64_t)
    cpdef int64_t total(self, Listing listing, int64_t price, int64_t quantity) except? -1
