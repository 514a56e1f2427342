cimport cython
from libc.stdint cimport int64_t
from tradewind.core.reports cimport acceptance, execution
from tradewind.core.venue_model cimport VenueModel
from tradewind.sim.fees cimport FeeModel
from tradewind.sim.latency cimport LatencyModel
from tradewind.sim.listing cimport Listing
from tradewind.sim.order cimport WorkingOrder

cdef int64_t _FINISHED_MIN, NEVER_NS


@cython.final
cdef class Reporting:
    cdef readonly VenueModel venue
    cdef public object clearing
    cdef readonly FeeModel fees
    cdef readonly LatencyModel latency
    cdef readonly dict open_orders, finished, finished_before
    cdef object late
    cdef int64_t count, due_ns
    cdef readonly int64_t next_due_ns, ended
    cpdef object accept(self, WorkingOrder order, int64_t time_ns)
    cpdef object register(self, WorkingOrder order)
    cpdef object reject(self, str order_id, int64_t time_ns, str reason)
    @cython.locals(fee=int64_t, due_ns=int64_t)
    cpdef object fill(self, WorkingOrder order, Listing listing, int64_t time_ns, int64_t price, int64_t quantity, int64_t liquidity)
    cpdef object cancel(self, WorkingOrder order, int64_t time_ns)
    cpdef object expire(self, WorkingOrder order, int64_t time_ns, str reason)
    cpdef object amend(self, WorkingOrder order, int64_t time_ns, int64_t number)
    cpdef object reject_cancel(self, str order_id, int64_t time_ns)
    cpdef object reject_amend(self, str order_id, int64_t time_ns, str reason, int64_t number)
    cpdef str why_not_open(self, str order_id)
    cpdef object finish(self, WorkingOrder order, str word)
    cpdef bint is_finished(self, str order_id) except -1
    cpdef object remember(self, str order_id, str word)
    cpdef int64_t learn_ns(self, int64_t time_ns) except? -1
    cpdef object send(self, int64_t due_ns, object report)
    cpdef object deliver(self, int64_t time_ns)
