cimport cython
from libc.stdint cimport int64_t
from tradewind.sim.expiry cimport Expiry
from tradewind.sim.listing cimport Listing
from tradewind.sim.matching cimport Matching
from tradewind.sim.order cimport WorkingOrder, new_order
from tradewind.sim.reporting cimport Reporting

cdef int64_t LIMIT, GTC, IOC, FOK, GTD, OPG, CLS, POST_ONLY, NEVER_NS


@cython.final
cdef class OrderEntry:
    cdef readonly Reporting reporting
    cdef readonly list matchings
    cdef readonly Expiry expiry
    @cython.locals(order=WorkingOrder, matching=Matching)
    cpdef object submit(self, int64_t time_ns, str order_id, int64_t instrument, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price, int64_t time_in_force, int64_t flags, int64_t expire_time_ns)
    @cython.locals(known=Reporting)
    cpdef str identity_refusal(self, str order_id, int64_t instrument)
    cpdef str term_refusal(self, int64_t time_ns, int64_t order_type, int64_t time_in_force, int64_t flags, int64_t expire_time_ns, Listing listing)
    @cython.locals(order=WorkingOrder, matching=Matching)
    cpdef object cancel(self, int64_t time_ns, str order_id)
    @cython.locals(order=WorkingOrder, matching=Matching, price=int64_t)
    cpdef object amend(self, int64_t time_ns, str order_id, int64_t quantity, int64_t limit_price, int64_t number)
    @cython.locals(former_price=int64_t)
    cpdef object replace(self, Matching matching, WorkingOrder order, int64_t time_ns, int64_t quantity, int64_t price, int64_t number)
    @cython.locals(order=WorkingOrder, matching=Matching)
    cpdef object expire_before(self, int64_t time_ns)


cpdef int64_t auction_ns(Listing listing, int64_t word, int64_t time_ns) except -1
cpdef str amend_refusal(Listing listing, WorkingOrder order, int64_t quantity, int64_t price)
cpdef int64_t is_immediate(int64_t time_in_force) except -1
