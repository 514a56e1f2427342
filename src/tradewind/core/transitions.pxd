cimport cython
from libc.stdint cimport int64_t

from tradewind.core.entry cimport (
    amended_breach,
    close_order,
    count_message,
    enter_intent,
    reserve,
    settle_reserve,
    submit_command,
)
from tradewind.core.market cimport Market
from tradewind.core.order_lifecycle cimport next_state
from tradewind.core.orders cimport Order
from tradewind.core.posting cimport post_fill
from tradewind.core.reports cimport execution_of
from tradewind.core.state cimport State
from tradewind.core.targets cimport drop_targets, take_intent


cdef int64_t _UNKNOWN, _ACCEPTED, _CANCEL_SENT
cdef list _NOTHING


cpdef list order_intended(State state, object event)
cpdef list target_intended(State state, object event)
@cython.locals(order=Order)
cpdef list cancel_intended(State state, object event)
@cython.locals(order=Order)
cpdef list order_accepted(State state, object event)
cpdef list order_filled(State state, object event)
cpdef list order_canceled(State state, object event)
cpdef list apply(State state, object event)
@cython.locals(market=Market)
cpdef object cancel_command(State state, Order order)
@cython.locals(order=Order)
cdef Order _known(State state, object order_id)
@cython.locals(order=Order)
cdef list _report(State state, object order_id, int64_t happening)
@cython.locals(was_open=bint)
cpdef void move_order(State state, Order order, int64_t happening) except *
