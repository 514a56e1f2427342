cimport cython
from libc.stdint cimport int64_t
from tradewind.core.reports cimport acceptance, execution
from tradewind.core.venue_model cimport VenueModel
from tradewind.sim.fees cimport FeeModel
from tradewind.sim.latency cimport LatencyModel
from tradewind.sim.listing cimport Listing
from tradewind.sim.order cimport WorkingOrder

cdef int64_t _FINISHED_MAX, NEVER_NS


@cython.final
cdef class Reporting:
    cdef readonly VenueModel venue
    cdef public object clearing
    cdef readonly FeeModel fees
    cdef readonly LatencyModel latency
    cdef readonly dict open_orders, finished
    cdef object late
    cdef list finished_ids
    cdef int64_t count, due_ns, oldest
    cdef readonly int64_t next_due_ns
    cpdef void accept(self, WorkingOrder order, int64_t time_ns) except *
    cpdef void register(self, WorkingOrder order) except *
    cpdef void reject(self, str order_id, int64_t time_ns, str reason) except *
    @cython.locals(fee=int64_t, due_ns=int64_t)
    cpdef void fill(self, WorkingOrder order, Listing listing, int64_t time_ns, int64_t price, int64_t quantity, int64_t liquidity) except *
    cpdef void cancel(self, WorkingOrder order, int64_t time_ns) except *
    cpdef void expire(self, WorkingOrder order, int64_t time_ns, str reason) except *
    cpdef void amend(self, WorkingOrder order, int64_t time_ns, int64_t number) except *
    cpdef void reject_cancel(self, str order_id, int64_t time_ns) except *
    cpdef void reject_amend(self, str order_id, int64_t time_ns, str reason, int64_t number) except *
    cpdef str why_not_open(self, str order_id)
    cpdef void finish(self, WorkingOrder order, str word) except *
    @cython.locals(ids=list)
    cpdef void remember(self, str order_id, str word) except *
    cpdef int64_t learn_ns(self, int64_t time_ns) except? -1
    cpdef void send(self, int64_t due_ns, object report) except *
    cpdef void deliver(self, int64_t time_ns) except *
