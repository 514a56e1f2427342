cimport cython
from libc.stdint cimport int64_t
from tradewind.core.venue_model cimport VenueModel
from tradewind.sim.latency cimport LatencyModel
from tradewind.sim.listing cimport Listing
from tradewind.sim.matching cimport Matching
from tradewind.sim.order cimport WorkingOrder, new_order
from tradewind.sim.order_entry cimport OrderEntry
from tradewind.sim.reporting cimport Reporting
from tradewind.sim.slippage cimport SlippageModel


cdef int64_t BARS, QUOTES, DEPTH, NEVER_NS


cdef class SimulatedVenue(VenueModel):
    cdef readonly LatencyModel latency
    cdef readonly SlippageModel slippage
    cdef readonly Reporting reporting
    cdef readonly OrderEntry entry
    cdef readonly tuple bar_options, quote_options
    cdef readonly list matchings
    cdef dict listing_ids
    cdef object arrivals
    cdef int64_t command_count, next_arrival_ns
    @cython.locals(index=Py_ssize_t, matching=Matching)
    cpdef object list_instrument(self, object instrument)
    @cython.locals(due_ns=int64_t)
    cpdef object advance(self, int64_t time_ns)
    @cython.locals(due_ns=int64_t)
    cpdef object settle(self, int64_t time_ns)
    @cython.locals(matching=Matching)
    cpdef object on_bar_opened(self, int64_t instrument, int64_t time_ns, int64_t price)
    @cython.locals(matching=Matching)
    cpdef object on_bar(self, int64_t instrument, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume)
    @cython.locals(matching=Matching)
    cpdef object on_trade(self, int64_t instrument, int64_t time_ns, int64_t price, int64_t size, int64_t side)
    @cython.locals(matching=Matching)
    cpdef object on_quote(self, int64_t instrument, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size)
    @cython.locals(matching=Matching)
    cpdef object on_depth(self, int64_t instrument, int64_t time_ns, int64_t side, int64_t price, int64_t size, int64_t flags)
    cpdef bint is_quiet(self, int64_t time_ns) except -1
    cpdef object catch_up(self, int64_t time_ns)
    @cython.locals(matching=Matching, finer=Matching)
    cpdef Matching matching_of(self, int64_t instrument, int64_t kind)
    cpdef Matching new_matching(self, Listing listing, int64_t kind)
    cpdef object submit(self, int64_t time_ns, str order_id, int64_t instrument, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price, int64_t time_in_force, int64_t flags, int64_t expire_time_ns)
    cpdef object cancel(self, int64_t time_ns, str order_id)
    cpdef object amend(self, int64_t time_ns, str order_id, int64_t quantity, int64_t limit_price, int64_t number=*)
    @cython.locals(due_ns=int64_t)
    cpdef object send(self, int64_t time_ns, str verb, tuple command)
    @cython.locals(order=WorkingOrder, matching=Matching)
    cpdef object adopt(self, int64_t time_ns, str order_id, int64_t instrument, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price, int64_t time_in_force, int64_t flags, int64_t expire_time_ns, int64_t filled_quantity)
    cpdef list open_orders(self)
    cpdef object halt(self, int64_t instrument, str reason)
    cpdef object resume(self, int64_t instrument)
