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
    cdef public int64_t kind, needs_rows, notes_last, count
    cdef int64_t dropped
    cdef readonly list stops, waiting, buys, sells, auctions
    cpdef object relist(self)
    cpdef int64_t would_take(self, WorkingOrder order) except -1
    cpdef object arrive(self, WorkingOrder order, int64_t time_ns)
    cpdef object rest(self, WorkingOrder order)
    @cython.locals(orders=list, index=Py_ssize_t)
    cpdef object place(self, WorkingOrder order)
    cpdef list list_of(self, WorkingOrder order)
    cpdef bint is_idle(self) except -1
    cpdef object remove(self, WorkingOrder order)
    cpdef object take_over(self, Matching other)
    cpdef object take(self, WorkingOrder order, int64_t time_ns, int64_t price, int64_t quantity)
    cpdef object make(self, WorkingOrder order, int64_t time_ns, int64_t price, int64_t quantity)
    cpdef object end_immediate(self, WorkingOrder order, int64_t time_ns)
    @cython.locals(order=WorkingOrder, price=int64_t)
    cpdef object hold_auction(self, int64_t word, int64_t time_ns, int64_t buy, int64_t sell)
    @cython.locals(order=WorkingOrder, kept=Py_ssize_t)
    cpdef object drop_done(self, list orders)
    @cython.locals(orders=list)
    cpdef object drop_all_done(self)
    cpdef object on_bar_opened(self, int64_t time_ns, int64_t price)
    cpdef object on_bar(self, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume)
    cpdef object on_trade(self, int64_t time_ns, int64_t price, int64_t size, int64_t side)
    cpdef object on_quote(self, int64_t time_ns, int64_t bid, int64_t bid_size, int64_t ask, int64_t ask_size)
    cpdef object on_depth(self, int64_t time_ns, int64_t side, int64_t price, int64_t size, int64_t flags)
