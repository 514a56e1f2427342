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
    cpdef void advance(self, int64_t time_ns) except *
    @cython.locals(due_ns=int64_t)
    cpdef void settle(self, int64_t time_ns) except *
    @cython.locals(matching=Matching)
    cpdef void on_bar_opened(self, int64_t instrument, int64_t time_ns, int64_t price) except *
    @cython.locals(matching=Matching)
    cpdef void on_bar(self, int64_t instrument, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume) except *
    @cython.locals(matching=Matching)
    cpdef void on_trade(self, int64_t instrument, int64_t time_ns, int64_t price, int64_t size, int64_t side) except *
    @cython.locals(matching=Matching)
    cpdef void on_quote(self, int64_t instrument, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size) except *
    @cython.locals(matching=Matching)
    cpdef void on_depth(self, int64_t instrument, int64_t time_ns, int64_t side, int64_t price, int64_t size, int64_t flags) except *
    cpdef void catch_up(self, int64_t time_ns) except *
    @cython.locals(matching=Matching, finer=Matching)
    cpdef Matching matching_of(self, int64_t instrument, int64_t kind)
    cpdef Matching new_matching(self, Listing listing, int64_t kind)
    cpdef void submit(self, int64_t time_ns, str order_id, int64_t instrument, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price, int64_t time_in_force, int64_t flags, int64_t expire_time_ns) except *
    cpdef void cancel(self, int64_t time_ns, str order_id) except *
    cpdef void amend(self, int64_t time_ns, str order_id, int64_t quantity, int64_t limit_price, int64_t number=*) except *
    @cython.locals(due_ns=int64_t)
    cpdef void send(self, int64_t time_ns, str verb, tuple command) except *
    @cython.locals(order=WorkingOrder, matching=Matching)
    cpdef void adopt(self, int64_t time_ns, str order_id, int64_t instrument, int64_t side, int64_t quantity, int64_t order_type, int64_t limit_price, int64_t stop_price, int64_t time_in_force, int64_t flags, int64_t expire_time_ns, int64_t filled_quantity) except *
    cpdef list open_orders(self)
    cpdef void halt(self, int64_t instrument, str reason) except *
    cpdef void resume(self, int64_t instrument) except *
