cimport cython
from libc.stdint cimport int64_t

from tradewind.core.entry cimport close_order, reserve, settle_reserve
from tradewind.core.market cimport Market
from tradewind.core.order_lifecycle cimport next_state
from tradewind.core.orders cimport Order
from tradewind.core.posting cimport post_fill
from tradewind.core.reports cimport execution_of
from tradewind.core.state cimport State


cdef int64_t _AWAITING, _UNKNOWN, _ACCEPTED
cdef list _NOTHING


@cython.locals(order=Order)
cpdef list order_accepted(State state, object event)
cpdef list order_filled(State state, object event)
cpdef list order_canceled(State state, object event)
@cython.locals(order=Order)
cdef Order _known(State state, object order_id)
@cython.locals(order=Order)
cdef list _report(State state, object order_id, int64_t happening)
@cython.locals(order=Order, is_awaiting=bint)
cdef list _ended(State state, object order_id, int64_t happening, int64_t stated)
@cython.locals(market=Market)
cdef object _query(State state, Order order)
@cython.locals(was_open=bint)
cpdef object move_order(State state, Order order, int64_t happening)
