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
    cpdef object arrive(self, WorkingOrder order, int64_t time_ns)
    cpdef int64_t acts_now(self) except -1
    cpdef object act(self, WorkingOrder order, int64_t time_ns, int64_t price)
    cpdef object on_bar_opened(self, int64_t time_ns, int64_t price)
    @cython.locals(budget=int64_t)
    cpdef object on_bar(self, int64_t time_ns, int64_t open_price, int64_t high, int64_t low, int64_t close, int64_t volume)
    cpdef object match_open(self, int64_t time_ns, int64_t price)
    @cython.locals(order=WorkingOrder)
    cpdef object match_waiting(self, int64_t time_ns, int64_t price, int64_t before)
    @cython.locals(order=WorkingOrder)
    cpdef object match_open_limits(self, list orders, int64_t time_ns, int64_t price)
    cpdef object fill_open(self, WorkingOrder order, int64_t time_ns, int64_t price)
    @cython.locals(order=WorkingOrder, index=Py_ssize_t)
    cpdef object trigger_stops(self, int64_t time_ns, int64_t price)
    @cython.locals(order=WorkingOrder, index=Py_ssize_t, price=int64_t, extreme=int64_t)
    cpdef object match_stops(self, int64_t time_ns, int64_t high, int64_t low, int64_t close)
    cpdef object start(self, WorkingOrder order, int64_t time_ns, int64_t price)
    @cython.locals(order=WorkingOrder, price=int64_t)
    cpdef object match_limits(self, list orders, int64_t time_ns, int64_t extreme, int64_t close)
    cpdef int64_t is_reached(self, WorkingOrder order, int64_t price) except -1
    @cython.locals(quantity=int64_t)
    cpdef object fill_at(self, WorkingOrder order, int64_t time_ns, int64_t price)
    @cython.locals(quantity=int64_t)
    cpdef object fill_resting(self, WorkingOrder order, int64_t time_ns, int64_t price)
    @cython.locals(leaves=int64_t)
    cpdef int64_t allowed(self, WorkingOrder order) except -1
