cimport cython
from libc.stdint cimport int64_t

from tradewind.core.callbacks cimport Callbacks
from tradewind.core.entry cimport enter_order, submit_command
from tradewind.core.market cimport Market
from tradewind.core.order_messages cimport order_intended, target_intended
from tradewind.core.orders cimport Order
from tradewind.core.posting cimport post_fill, post_fill_of
from tradewind.core.reports cimport Acceptance, Execution, execution_of
from tradewind.core.state cimport Account, State, StrategyBook
from tradewind.core.tape cimport Tape
from tradewind.core.target cimport Target
from tradewind.core.targets cimport take_target
from tradewind.core.report_checks cimport checked_report
from tradewind.core.report_moves cimport move_order
from tradewind.core.transitions cimport apply
from tradewind.core.venue_model cimport VenueModel


cdef int64_t _NEVER_NS, _CALLBACKS_MAX, _ACCEPTED
cdef int64_t _REPORT, _FILL, _SCHEDULING, _LISTING, _STOP
cdef dict _MARKS


cdef class Stepper(Callbacks):
    cdef public VenueModel venue
    cdef public Tape tape
    cdef public list decisions, records, sequences, fills
    cdef public bint is_draining
    cdef public int64_t drained, taken, fired, fired_ns, next_due_ns
    cpdef int _control(self, object event) except -1
    @cython.locals(state=State, book=StrategyBook, market=Market)
    cdef int _intend(self, Order order) except -1
    @cython.locals(state=State, book=StrategyBook, market=Market)
    cdef int _aim(self, Target target) except -1
    cdef int _sized(self, object sized) except -1
    @cython.locals(state=State, account=Account, market=Market)
    cdef int _submit(self, Order order) except -1
    @cython.locals(state=State, order=Order)
    cdef int _accept(self, Acceptance report) except -1
    @cython.locals(state=State, order=Order)
    cdef int _fill(self, Execution report) except -1
    @cython.locals(report=Execution, order=Order, state=State, marks=int64_t)
    cdef int _happen(self, object event) except -1
    @cython.locals(order=Order)
    cpdef object _decide(self, object decision)
    cdef int _command(self, VenueModel venue, object command) except -1
    cdef int _send(self, VenueModel venue, Order order) except -1
    cdef int _record(self, object record) except -1
    @cython.locals(listener=tuple)
    cdef int _tell(self, list listeners, object event) except -1
    cpdef object _drain(self)
    @cython.locals(venue=VenueModel, wanted=list)
    cdef int _drain_all(self) except -1
    @cython.locals(timer_ns=int64_t, venue_ns=int64_t, due=int64_t, state=State)
    cpdef object _advance(self, int64_t time_ns)
    @cython.locals(due=int64_t, number=int64_t, interval=int64_t, missed=int64_t)
    cdef object _fire(self, int64_t time_ns)
