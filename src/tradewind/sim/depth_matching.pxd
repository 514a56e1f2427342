cimport cython
from libc.stdint cimport int64_t
from tradewind.core.book cimport Book
from tradewind.sim.listing cimport Listing
from tradewind.sim.order cimport WorkingOrder
from tradewind.sim.quote_matching cimport QuoteMatching, total

cdef int64_t LAST, SNAPSHOT, PRICE_MAX, AHEAD_UNKNOWN


cdef class DepthMatching(QuoteMatching):
    cdef readonly Book book
    cdef readonly dict taken_asks, taken_bids
    cdef int64_t worst_ask, worst_bid
    cpdef object relist(self)
    @cython.locals(book=Book, before=int64_t, snapshots=int64_t, refused=int64_t)
    cpdef object on_depth(self, int64_t time_ns, int64_t side, int64_t price, int64_t size, int64_t flags)
    @cython.locals(orders=list, taken=dict)
    cpdef object set_level(self, int64_t side, int64_t price, int64_t size, int64_t before)
    @cython.locals(order=WorkingOrder)
    cpdef object restate_level(self, list orders, int64_t price, int64_t size, int64_t before)
    @cython.locals(book=Book, listing=Listing)
    cpdef object finish_event(self, int64_t time_ns)
    @cython.locals(order=WorkingOrder)
    cpdef object look_ahead(self, list orders, int64_t best)
    @cython.locals(size=int64_t, worst=int64_t)
    cpdef int64_t displayed(self, WorkingOrder order) except? -2
    @cython.locals(count=Py_ssize_t)
    cpdef list offers(self, WorkingOrder order)
    @cython.locals(price=int64_t, size=int64_t)
    cpdef list untaken(self, WorkingOrder order, list levels)
    @cython.locals(size=int64_t, before=int64_t)
    cpdef object consume(self, int64_t side, int64_t price, int64_t quantity)
    cpdef object forget_gone(self, dict taken, int64_t side)


cpdef object forget_other_size(dict taken, int64_t price, int64_t size)
