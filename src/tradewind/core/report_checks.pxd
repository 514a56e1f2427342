cimport cython
from libc.stdint cimport int64_t

from tradewind.core.event_checks cimport check
from tradewind.core.exposure cimport Holding
from tradewind.core.ledger cimport Wallet
from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order
from tradewind.core.reports cimport Acceptance, Execution
from tradewind.core.state cimport Account, State
from tradewind.model.numbers cimport magnitude


cdef int64_t _UNITS_MAX, _TIME_MAX, _SURELY_ROOM
cdef double _SURELY_SMALL


@cython.locals(order=Order)
cpdef object checked_report(State state, object report)
@cython.locals(market=Market, account=Account, wallet=Wallet, holding=Holding, price=int64_t, quantity=int64_t, held=int64_t, top=int64_t)
cdef bint _is_surely_sane(State state, Order order, Execution report) except -1
cpdef object refused_report(State state, object report)
