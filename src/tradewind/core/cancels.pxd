cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order
from tradewind.core.report_moves cimport move_order
from tradewind.core.state cimport State


cdef int64_t _CANCEL_SENT


@cython.locals(market=Market)
cpdef object cancel_command(State state, Order order)
cpdef bint is_in(State state, int64_t strategy, int64_t instrument, str scope) except -1
