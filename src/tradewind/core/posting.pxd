cimport cython
from libc.stdint cimport int64_t

from tradewind.core.entry cimport close_order, reserve
from tradewind.core.exposure cimport Holding, Scope
from tradewind.core.ledger cimport Wallet
from tradewind.core.market cimport Market
from tradewind.core.order_lifecycle cimport next_state
from tradewind.core.orders cimport Order
from tradewind.core.positions cimport Position
from tradewind.core.reports cimport Execution
from tradewind.core.state cimport State, StrategyBook
from tradewind.model.numbers cimport magnitude


cdef int64_t _FILL_IDS_MAX, _AWAITING, _UNKNOWN, _FULL, _PARTIAL, _CANCELED, _EXPIRED, _CANCELED_STATE


@cython.locals(order=Order)
cpdef Order post_fill(State state, Execution event)
cpdef Order post_fill_of(State state, Order order, Execution event)
@cython.locals(book=StrategyBook, market=Market, position=Position, holding=Holding, account_holding=Holding, stakes=tuple, wallet=Wallet, scope=Scope, signed=int64_t, realized=int64_t, notional=int64_t)
cdef object _post_money(State state, Order order, int64_t price, int64_t quantity)
@cython.locals(book=StrategyBook, wallet=Wallet)
cdef object _pay_fee(State state, Order order, int64_t fee, str currency)
@cython.locals(was_open=bint, is_whole=bint, happening=int64_t)
cdef object _advance_order(State state, Order order, int64_t quantity)
@cython.locals(is_full=bint)
cdef int64_t _happening(Order order) except -1
