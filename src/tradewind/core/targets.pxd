cimport cython
from libc.stdint cimport int64_t

from tradewind.core.entry cimport admit, open_quantity
from tradewind.core.exposure cimport Holding
from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order, new_order
from tradewind.core.positions cimport Position
from tradewind.core.state cimport State, StrategyBook
from tradewind.core.target cimport Target, new_target

from tradewind.model.numbers cimport magnitude


cdef int64_t _POSITION, _AT_SIGNAL


cpdef object take_intent(State state, object intent)
cpdef Target target_of(object intent, int64_t strategy, int64_t instrument)
@cython.locals(book=StrategyBook, market=Market, targets=dict)
cpdef object take_target(State state, Target target)
@cython.locals(targets=dict)
cpdef list due_targets(State state, Market market)
cpdef object drop_targets(State state, StrategyBook book)
@cython.locals(book=StrategyBook, market=Market, holding=Holding, order=Order, current=int64_t, change=int64_t, quantity=int64_t, side=int64_t)
cpdef object size_target(State state, Target target, int64_t price)
@cython.locals(position=Position, order=Order, bought=int64_t)
cdef int64_t _leg_quantity(State state, Target target, StrategyBook book, Market market) except? -1
@cython.locals(holding=Holding, equity=object, money=object, one_unit=object)
cpdef int64_t target_quantity(State state, Target target, StrategyBook book, Market market, int64_t price) except? -1
