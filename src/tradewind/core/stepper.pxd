cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order
from tradewind.core.state cimport State, StrategyBook
from tradewind.core.transitions cimport apply
from tradewind.core.venue_model cimport VenueModel


cdef int64_t _NEVER_NS, _HELD_MAX, _CALLBACKS_MAX
cdef int64_t _REPORT, _FILL, _SCHEDULING, _LISTING, _STOP
cdef dict _MARKS


cdef class Stepper:
    cdef public State state
    cdef public VenueModel venue
    cdef public object sink, stop_listener
    cdef public list intents, decisions, records, sequences, fills
    cdef public dict order_listeners, timer_listeners
    cdef public bint is_draining, is_folding
    cdef public int64_t drained, fired, fired_ns, running, next_due_ns
    cdef public set stopping
    @cython.locals(order=Order, state=State, marks=int64_t)
    cpdef void _control(self, object event) except *
    @cython.locals(order=Order)
    cpdef void _decide(self, object decision) except *
    @cython.locals(order=Order)
    cdef void _command(self, VenueModel venue, object command) except *
    cdef void _record(self, object record) except *
    @cython.locals(listener=tuple)
    cdef int _tell(self, list listeners, object event) except -1
    cdef void _tell_order(self, Order order, object event) except *
    cdef int _call(self, int64_t strategy, object function, object event) except -1
    @cython.locals(before=Py_ssize_t, is_through=bint)
    cdef int _guarded(self, int64_t strategy, object function, object event) except -1
    @cython.locals(book=StrategyBook)
    cdef void _stop(self, int64_t strategy, object error) except *
    @cython.locals(market=Market)
    cdef void _forget(self, int64_t strategy) except *
    cpdef void _drain(self) except *
    @cython.locals(venue=VenueModel, wanted=list)
    cdef void _drain_all(self) except *
    cdef void _bounded(self, object event) except *
    @cython.locals(timer_ns=int64_t, venue_ns=int64_t, due=int64_t, state=State)
    cpdef void _advance(self, int64_t time_ns) except *
    @cython.locals(due=int64_t, number=int64_t)
    cdef void _fire(self) except *
