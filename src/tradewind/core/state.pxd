cimport cython
from libc.stdint cimport int64_t

from tradewind.core.exposure cimport Holding, Scope
from tradewind.core.finished_orders cimport FinishedOrders
from tradewind.core.ledger cimport Wallet
from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order
from tradewind.core.positions cimport Position


cdef int64_t _UNKNOWN


@cython.final
cdef class Account:
    cdef readonly str name, currency
    cdef readonly int64_t index
    cdef public int64_t is_hedging
    cdef public Scope scope
    cdef public Wallet home
    cdef public object margin
    cdef public dict wallets, venue_cash
    cpdef Wallet wallet(self, str currency)


@cython.final
cdef class StrategyBook:
    cdef readonly str name
    cdef readonly int64_t index
    cdef public Account account
    cdef public Scope scope
    cdef public dict positions, parameters
    cdef readonly tuple scopes
    cdef public dict stakes
    cdef public int64_t intents
    cdef public bint is_stopped
    cdef public str stop_reason, code
    cpdef Position position(self, int64_t instrument, int64_t leg)
    @cython.locals(position=Position, total=int64_t)
    cpdef int64_t quantity(self, int64_t instrument) except? -1


@cython.final
cdef class State:
    cdef public str journal_id
    cdef public int64_t epoch, sequence, time_ns, marking
    cdef public list markets, accounts, strategies, timers
    cdef public Market repriced
    cdef public dict market_numbers, account_numbers, strategy_numbers
    cdef public Scope firm
    cdef public dict orders, open_orders, held, parents, routes, lacking, amending, groups, targets, rates, halts, lost_venues, anomalies, venues, instrument_scopes
    cdef public set icebergs
    cdef public FinishedOrders done
    cdef public Order latest
    @cython.locals(known=Holding, holding=Holding)
    cpdef Holding holding(self, Scope scope, Market market, Account account)
    cpdef tuple stakes(self, StrategyBook book, Market market)
    @cython.locals(market=Market, holding=Holding)
    cpdef int revalue(self) except -1
    cdef int reprice(self, Market market) except -1
    @cython.locals(home=Wallet, total=int64_t)
    cpdef int64_t equity(self, Account account) except? -1
    @cython.locals(latest=Order, found=Order)
    cpdef Order order(self, str order_id)
    @cython.locals(done=FinishedOrders, oldest=Order)
    cpdef int finish(self, Order order) except -1
