cimport cython
from libc.stdint cimport int64_t
from tradewind.sim.listing cimport Listing
from tradewind.sim.order cimport WorkingOrder
from tradewind.sim.reporting cimport Reporting

cdef int64_t DAY, GTD, NEVER_NS


@cython.final
cdef class Expiry:
    cdef readonly Reporting reporting
    cdef readonly list session_closes_ns, heap
    cdef readonly int64_t next_ns
    cdef int64_t count
    cpdef object add(self, WorkingOrder order, int64_t time_ns, int64_t time_in_force, int64_t expire_time_ns, Listing listing)
    cpdef int64_t day_end_ns(self, int64_t time_ns, Listing listing, int64_t is_extended) except? -1
    cpdef object forget_done(self)
    @cython.locals(order=WorkingOrder)
    cpdef WorkingOrder pop_before(self, int64_t time_ns)
