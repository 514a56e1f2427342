cimport cython
from libc.stdint cimport int64_t
from tradewind.sim.matching cimport Matching
from tradewind.sim.order cimport WorkingOrder
from tradewind.sim.rates cimport share_below


cdef int64_t OPG, CLS


cdef class BarMatching(Matching):
    cdef readonly int64_t fill_rule, touch, participation, acts_inside, fills_at_close, fills_at_signal
    cdef int64_t budget, is_open, rested_before, seen_before
    @cython.locals(price=int64_t)
    cpdef void arrive(self, WorkingOrder order, int64_t time_ns) except *
    cpdef int64_t acts_now(self) except -1
    cpdef void act(self, WorkingOrder order, int64_t time_ns, int64_t price) except *
    cpdef void on_bar_opened(self, int64_t time_ns, int64_t price) except *
    @cython.locals(budget=int64_t)
    cpdef void on_bar(self, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume) except *
    cpdef void match_open(self, int64_t time_ns, int64_t price) except *
    @cython.locals(order=WorkingOrder)
    cpdef void match_waiting(self, int64_t time_ns, int64_t price, int64_t before) except *
    @cython.locals(order=WorkingOrder)
    cpdef void match_open_limits(self, list orders, int64_t time_ns, int64_t price) except *
    cpdef void fill_open(self, WorkingOrder order, int64_t time_ns, int64_t price) except *
    @cython.locals(order=WorkingOrder, index=Py_ssize_t)
    cpdef void trigger_stops(self, int64_t time_ns, int64_t price) except *
    @cython.locals(order=WorkingOrder, index=Py_ssize_t, price=int64_t, extreme=int64_t)
    cpdef void match_stops(self, int64_t time_ns, int64_t high, int64_t low, int64_t close) except *
    cpdef void start(self, WorkingOrder order, int64_t time_ns, int64_t price) except *
    @cython.locals(order=WorkingOrder, price=int64_t)
    cpdef void match_limits(self, list orders, int64_t time_ns, int64_t extreme, int64_t close) except *
    cpdef int64_t is_reached(self, WorkingOrder order, int64_t price) except -1
    @cython.locals(quantity=int64_t)
    cpdef void fill_at(self, WorkingOrder order, int64_t time_ns, int64_t price) except *
    @cython.locals(quantity=int64_t)
    cpdef void fill_resting(self, WorkingOrder order, int64_t time_ns, int64_t price) except *
    @cython.locals(leaves=int64_t)
    cpdef int64_t allowed(self, WorkingOrder order) except -1
    cpdef void spend(self, int64_t quantity) except *
