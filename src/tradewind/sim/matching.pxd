from libc.stdint cimport int64_t
from tradewind.sim.listing cimport Listing
from tradewind.sim.order cimport WorkingOrder
from tradewind.sim.reporting cimport Reporting
from tradewind.sim.slippage cimport SlippageModel
cimport cython

cdef int64_t MAKER, TAKER


cdef class Matching:
    cdef readonly Listing listing
    cdef readonly Reporting reporting
    cdef readonly SlippageModel slippage
    cdef public int64_t kind, needs_rows, count
    cdef readonly list stops, waiting, buys, sells, auctions
    cpdef void relist(self) except *
    cpdef int64_t would_take(self, WorkingOrder order) except -1
    cpdef void arrive(self, WorkingOrder order, int64_t time_ns) except *
    cpdef void rest(self, WorkingOrder order) except *
    @cython.locals(orders=list, index=Py_ssize_t)
    cpdef void place(self, WorkingOrder order) except *
    cpdef list list_of(self, WorkingOrder order)
    cpdef bint is_idle(self) except -1
    cpdef void remove(self, WorkingOrder order) except *
    cpdef void take_over(self, Matching other) except *
    cpdef void take(self, WorkingOrder order, int64_t time_ns, int64_t price, int64_t quantity) except *
    cpdef void make(self, WorkingOrder order, int64_t time_ns, int64_t price, int64_t quantity) except *
    cpdef void end_immediate(self, WorkingOrder order, int64_t time_ns) except *
    @cython.locals(order=WorkingOrder, price=int64_t)
    cpdef void hold_auction(self, int64_t word, int64_t time_ns, int64_t buy, int64_t sell) except *
    @cython.locals(order=WorkingOrder, kept=Py_ssize_t)
    cpdef void drop_done(self, list orders) except *
    @cython.locals(orders=list)
    cpdef void drop_all_done(self) except *
    cpdef void on_bar_opened(self, int64_t time_ns, int64_t price) except *
    cpdef void on_bar(self, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume) except *
    cpdef void on_trade(self, int64_t time_ns, int64_t price, int64_t size, int64_t side) except *
    cpdef void on_quote(self, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size) except *
    cpdef void on_depth(self, int64_t time_ns, int64_t side, int64_t price, int64_t size, int64_t flags) except *
