cimport cython
from libc.stdint cimport int64_t

from tradewind.core.entry cimport (
    count_message,
    enter_intent,
    submit_command,
)
from tradewind.core.cancels cimport cancel_command
from tradewind.core.orders cimport Order
from tradewind.core.report_moves cimport order_accepted, order_canceled, order_filled
from tradewind.core.state cimport State
from tradewind.core.targets cimport drop_targets, take_intent


cdef int64_t _AWAITING
cdef list _NOTHING


cpdef list order_intended(State state, object event)
cpdef list target_intended(State state, object event)
@cython.locals(order=Order)
cpdef list cancel_intended(State state, object event)
cpdef list apply(State state, object event)
