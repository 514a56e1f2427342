cimport cython
from libc.stdint cimport int64_t
from tradewind.sim.listing cimport Listing
from tradewind.sim.rates cimport share_above


cdef class SlippageModel:
    cpdef int64_t price(self, Listing listing, int64_t side, int64_t price, int64_t quantity) except? -1
    cpdef int64_t reads_volume(self) except? -1


cdef class Ticks(SlippageModel):
    cdef readonly int64_t count
    cpdef int64_t price(self, Listing listing, int64_t side, int64_t price, int64_t quantity) except? -1


cdef class Share(SlippageModel):
    cdef readonly int64_t rate
    cdef readonly str rate_text
    @cython.locals(slip=int64_t)
    cpdef int64_t price(self, Listing listing, int64_t side, int64_t price, int64_t quantity) except? -1


cdef class SquareRoot(SlippageModel):
    cdef readonly double coefficient
    cdef readonly str coefficient_text
    @cython.locals(impact=double)
    cpdef int64_t price(self, Listing listing, int64_t side, int64_t price, int64_t quantity) except? -1
    cpdef int64_t reads_volume(self) except? -1


cdef class Spread(SlippageModel):
    cdef readonly int64_t rate
    cdef readonly str rate_text
    @cython.locals(slip=int64_t)
    cpdef int64_t price(self, Listing listing, int64_t side, int64_t price, int64_t quantity) except? -1


@cython.locals(steps=int64_t, moved=int64_t)
cpdef int64_t worsened(int64_t tick, int64_t side, int64_t price, int64_t slip) except? -1
