cimport cython
from libc.stdint cimport int64_t

from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order
from tradewind.core.reports cimport Acceptance, Execution
from tradewind.core.state cimport State, StrategyBook


cdef class Callbacks:
    cdef public State state
    cdef public object stop_listener
    cdef public list intents
    cdef public dict order_listeners, timer_listeners
    cdef public bint is_folding
    cdef public set stopping
    @cython.locals(is_report=bint)
    cdef object _tell_order(self, Order order, object event)
    @cython.locals(before=Py_ssize_t, is_through=bint)
    cdef int _call(self, int64_t strategy, object function, object event) except -1
    @cython.locals(book=StrategyBook)
    cdef object _stop(self, int64_t strategy, object error)
    @cython.locals(market=Market)
    cdef object _forget(self, int64_t strategy)
    @cython.locals(number=int64_t)
    cdef object _stop_endless(self, object event)
