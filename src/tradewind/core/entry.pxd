cimport cython
from libc.stdint cimport int64_t

from tradewind.core.exposure cimport Holding, Scope
from tradewind.core.hours cimport hours_breach
from tradewind.core.market cimport Market
from tradewind.core.order_messages cimport submit_order
from tradewind.core.orders cimport Order, new_order
from tradewind.core.positions cimport Position
from tradewind.core.risk cimport breach_of
from tradewind.core.state cimport Account, State, StrategyBook
from tradewind.model.numbers cimport magnitude


cdef tuple _LEGS
cdef int64_t _DENIED, _REDUCING, _FLATTEN, _MARKET, _LIMIT, _STOP, _STOP_LIMIT, _MAX, NOTIONAL_MAX


@cython.locals(book=StrategyBook, order=Order)
cpdef object enter_intent(State state, object intent)
@cython.locals(book=StrategyBook)
cpdef object enter_order(State state, Order order)
@cython.locals(scope=Scope)
cpdef object admit(State state, Order order, StrategyBook book, Market market)
@cython.locals(is_flattening=bint)
cpdef tuple first_breach(State state, Order order, StrategyBook book, Market market)
@cython.locals(scope=Scope, stakes=tuple, place=Py_ssize_t, equity=int64_t, is_limited=bint)
cdef tuple _limit_breach(State state, Order order, StrategyBook book, Market market)
@cython.locals(scope=Scope, count=int64_t)
cdef tuple _venue_breach(State state, Market market)
cdef tuple _scope_breach(State state, Order order, Scope scope, Holding holding, StrategyBook book, int64_t equity)
@cython.locals(book=StrategyBook, market=Market, scope=Scope, holding=Holding)
cpdef object reserve(State state, Order order, int64_t quantity)
cpdef object close_order(State state, Order order)
@cython.locals(book=StrategyBook)
cdef object _count_open(State state, Order order, int64_t change)
@cython.locals(order=Order)
cdef Order _order_of(object intent, StrategyBook book, int64_t market_number)
cpdef tuple form_breach(State state, Order order, StrategyBook book, Market market)
@cython.locals(kind=int64_t, price=int64_t, notional=int64_t, factor=int64_t, is_small=bint)
cdef tuple _price_form_breach(Order order, Market market)
@cython.locals(holding=Holding, quantity=int64_t, price=int64_t)
cdef tuple _size_breach(State state, Order order, StrategyBook book, Market market)
@cython.locals(is_hedging=int64_t, position=Position, held=int64_t, room=int64_t, is_closing_leg=bint)
cdef tuple _leg_breach(State state, Order order, StrategyBook book)
@cython.locals(other=Order, total=int64_t)
cpdef int64_t open_quantity(State state, Order order) except? -1
cpdef tuple lost_breach(State state, Market market)
cpdef tuple halt_breach(State state, StrategyBook book, Market market)
@cython.locals(market=Market, account=Account)
cpdef object submit_command(State state, Order order)
@cython.locals(book=StrategyBook, market=Market, changed=Order, held=int64_t)
cpdef tuple amended_breach(State state, Order order, int64_t quantity, int64_t limit_price, int64_t stop_price)
@cython.locals(book=StrategyBook, scope=Scope)
cpdef object count_message(State state, Order order)
@cython.locals(reserved=int64_t)
cpdef object settle_reserve(State state, Order order)
