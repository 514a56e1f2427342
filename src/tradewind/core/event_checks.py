"""What an event must be before it is journaled: one check an event, in one table.

Events may not fail once they are journaled, so whatever `apply` could not take is refused here,
with `UserError` and one sentence. A check reads the state and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.account_checks import ACCOUNT_CHECKS, BALANCE_MAX
from tradewind.core.bounds import Bounds
from tradewind.core.emulation import check_described
from tradewind.core.held_order import SHARE_ONE
from tradewind.core.limit_checks import limits_changed
from tradewind.core.market import Market
from tradewind.core.parent_checks import check_algorithm_terms
from tradewind.core.route import check_route, check_routed
from tradewind.core.state import Account, State
from tradewind.core.trails import check_trail
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.ids import ORDER_ID_LENGTH_MAX, check_strategy_name
from tradewind.model.limits import Limits
from tradewind.model.marking import parse_marking
from tradewind.model.numbers import MONEY_MAX, UNITS_MAX
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, Sizing, TargetKind, TimeInForce
from tradewind.model.sessions import sessions_of

TIME_MAX_NS = 2**62
"""Times are below it: the year 2116."""
RATE_MAX = 10**18
MONEY_FACTOR_MAX = 10**12
TIMER_INTERVAL_MIN_NS = 1_000_000
"""A timer that fires more often would keep the engine from everything else."""
TIMERS_MAX = 10_000
"""Timers that may wait at once."""

SCOPE_KINDS = ("account", "strategy", "instrument", "venue")

_SIDES = frozenset(map(int, Side))
_TYPES = frozenset(map(int, OrderType))
_TIMES = frozenset(map(int, TimeInForce))
_FLAGS = frozenset(range(int(OrderFlag.FLATTEN)))  # FLATTEN is the platform's, alone
_LEGS = frozenset(map(int, Leg))
_KINDS = frozenset(map(int, TargetKind))
_SIZINGS = frozenset(map(int, Sizing))
_TRIGGERS = frozenset(map(int, m.Trigger))
_NO_FLAG = OrderFlag.NONE
_FLATTEN = OrderFlag.FLATTEN
_NO_SUCH_WORD = "an order has a side, type, time in force, flag or leg that there is not"


def check(state: State, event: Any) -> None:
    """Refuse with `UserError` a control event that could not be applied.

    >>> check(State(), m.CashDeposited(5, "main", "USD", 1))
    Traceback (most recent call last):
    tradewind.model.errors.UserError: there is no account 'main': open it first
    """
    if not 0 <= event.time_ns < TIME_MAX_NS:
        raise UserError(f"a time of {event.time_ns} ns is out of range: use 0 to {TIME_MAX_NS}")
    CHECKS[type(event)](state, event)


def _nothing(state: State, event: m.ControlEvent) -> None:
    """Any such event can be applied."""


def _run_started(state: State, event: m.RunStarted) -> None:
    if event.epoch <= state.epoch:
        raise UserError(f"epoch {event.epoch} comes behind {state.epoch}: another run took over")
    parse_marking(event.mark)


def _instrument_listed(state: State, event: m.InstrumentListed) -> None:
    new = event.instrument
    sessions_of(new.calendar)
    bounds = Bounds(Limits(), new, new.currency)
    if not 0 <= bounds.stress <= 10**9 or new.min_notional_money < 0:
        raise UserError(f"{new.id}: stress_move is 0 to 1, min_notional not negative")
    if new.money_factor > MONEY_FACTOR_MAX:
        raise UserError(f"{new.id}: a multiplier of {new.multiplier} is too large")
    number = state.market_numbers.get(new.id)
    if number is None:
        return
    old = state.markets[number].instrument
    names = ("price_digits", "quantity_digits", "currency", "multiplier")
    changed = [name for name in names if getattr(old, name) != getattr(new, name)]
    if changed and _is_used(state, number):
        raise UserError(
            f"{new.id} has positions or open orders: close them before its {changed[0]} changes"
        )


def _is_used(state: State, number: int) -> bool:
    holdings = [scope.holdings[number : number + 1] for scope in state.scopes()]
    held = any(h is not None and h.position for one in holdings for h in one)
    legs = any(
        position.quantity
        for book in state.strategies
        for key, position in book.positions.items()
        if key // 3 == number
    )
    kept = (*state.held.values(), *state.parents.values())
    waiting = any(number in getattr(one, "places", (one.instrument,)) for one in kept)
    working = any(order.instrument == number for order in state.open_orders.values())
    return held or legs or waiting or working


def _account_opened(state: State, event: m.AccountOpened) -> None:
    number = state.account_numbers.get(event.account)
    if not event.account or not event.currency:
        raise UserError("an account needs a name and a currency")
    if number is None:
        return
    account = state.accounts[number]
    if account.currency != event.currency:
        raise UserError(f"account {event.account} is kept in {account.currency}: open another one")
    if bool(account.is_hedging) != event.hedging and _is_trading(state, account):
        raise UserError(
            f"account {event.account} has open positions or orders: close them before hedging "
            "is switched"
        )


def _is_trading(state: State, account: Account) -> bool:
    if any(order.account == account.index for order in state.open_orders.values()):
        return True
    books = [book for book in state.strategies if book.account is account]
    return any(position.quantity for book in books for position in book.positions.values())


def _cash_deposited(state: State, event: m.CashDeposited) -> None:
    wallet = state.account(event.account).wallets.get(event.currency)
    balances = (0, 0) if wallet is None else (wallet.cash, wallet.capital)
    if max(map(abs, balances)) + abs(event.amount) > BALANCE_MAX:
        raise UserError(f"{event.account} cannot hold so much {event.currency}: 64 bits are over")


def _rate_changed(state: State, event: m.RateChanged) -> None:
    if not 0 < event.rate <= RATE_MAX:
        raise UserError(f"a rate of {event.rate} x 10^-9 is out of range: use 1 to {RATE_MAX}")


def _strategy_registered(state: State, event: m.StrategyRegistered) -> None:
    check_strategy_name(event.strategy)
    account = state.account(event.account)
    number = state.strategy_numbers.get(event.strategy)
    if number is not None and state.strategies[number].account is not account:
        known = state.strategies[number].account.name
        raise UserError(f"{event.strategy} trades on account {known}: register it there")


def _strategy_stopped(state: State, event: m.StrategyStopped) -> None:
    state.strategy(event.strategy)


def _order_intended(state: State, event: m.OrderIntended) -> None:
    check_order_id(event.order_id)
    if event.type not in _TYPES:
        raise UserError(_NO_SUCH_WORD)
    flags = event.flags
    if flags is not _NO_FLAG and flags == _FLATTEN:
        flags = _NO_FLAG
    check_words(event.side, event.time_in_force, flags, event.leg, event.expire_time_ns)
    _check_units("quantity", event.quantity)
    _check_units("limit price", event.limit_price)
    _check_units("stop price", event.stop_price)


def check_words(side: int, time_in_force: int, flags: int, leg: int, expire_time_ns: int) -> None:
    """Refuse what an order says beside its numbers where there is no such thing.

    >>> check_words(Side.BUY, TimeInForce.GTC, OrderFlag.NONE, Leg.NET, 0)
    """
    # a member of the enumeration is one of its numbers, and is seen sooner
    if (
        (type(side) is not Side and side not in _SIDES)
        or (type(time_in_force) is not TimeInForce and time_in_force not in _TIMES)
        or (flags is not _NO_FLAG and flags not in _FLAGS)  # a flag may have bits that none has
        or (type(leg) is not Leg and leg not in _LEGS)
    ):
        raise UserError(_NO_SUCH_WORD)
    if not 0 <= expire_time_ns < TIME_MAX_NS:
        raise UserError(f"an order cannot expire at {expire_time_ns} ns: use 0 or a time")


def check_order_id(order_id: str) -> None:
    """Refuse an id that no venue would take.

    >>> check_order_id("j0-cross-1")
    """
    if not 0 < len(order_id) <= ORDER_ID_LENGTH_MAX:
        raise UserError(f"an order id has 1 to {ORDER_ID_LENGTH_MAX} letters: {order_id!r}")


def _target_intended(state: State, event: m.TargetIntended) -> None:
    check_order_id(event.order_id)
    check_target(event.kind, event.sizing, event.leg)
    _check_units("target", event.value)


def check_target(kind: int, sizing: int, leg: int) -> None:
    """Refuse what a target says beside its number where there is no such thing.

    >>> check_target(TargetKind.WEIGHT, Sizing.AT_FILL, Leg.NET)
    """
    if kind not in _KINDS or sizing not in _SIZINGS or (type(leg) is not Leg and leg not in _LEGS):
        raise UserError("a target has a kind, sizing or leg that there is not")


def check_conditional(state: State, event: m.ConditionalIntended) -> None:
    """Refuse an order that cannot be meant to be held."""
    check_order_id(event.order_id)
    if event.trigger not in _TRIGGERS:
        raise UserError("a held order has a trigger that there is not")
    check_words(event.side, event.time_in_force, event.flags, event.leg, event.expire_time_ns)
    _check_units("quantity", event.quantity)
    for price in (event.limit_price, event.trigger_price, event.trail):
        _check_units("price", price)
    if not 0 <= event.trail_share < SHARE_ONE or event.trail < 0:
        raise UserError("a stop trails by a distance above 0, or by a share of the price under 1")


def _algorithm_intended(state: State, event: m.AlgorithmIntended) -> None:
    check_order_id(event.order_id)
    check_words(event.side, int(TimeInForce.GTC), event.flags, event.leg, 0)
    check_algorithm_terms(event)
    if event.route:
        check_routed(state, event)


def _amend_intended(state: State, event: m.AmendIntended) -> None:
    _check_units("quantity", event.quantity)
    _check_units("stop price", event.stop_price)
    _check_units("limit price", event.limit_price)
    _check_units("trail", event.trail)
    check_trail(event.trail, event.trail_share)


def _check_units(name: str, units: int) -> None:
    """What is too large for an order but fits 64 bits becomes an order, and is denied."""
    if abs(units) > 10 * UNITS_MAX:
        raise UserError(f"a {name} of {units} units is out of range: at most {UNITS_MAX}")


def _timer_set(state: State, event: m.TimerSet) -> None:
    if len(state.timers) >= TIMERS_MAX:
        raise UserError(f"{TIMERS_MAX} timers are set already: let some fire first")
    if not 0 <= event.due_time_ns < TIME_MAX_NS:
        raise UserError(f"a timer cannot be due at {event.due_time_ns} ns: use UTC in ns")
    interval_ns = event.interval_ns
    if interval_ns != 0 and not TIMER_INTERVAL_MIN_NS <= interval_ns < TIME_MAX_NS:
        raise UserError(
            f"a timer cannot fire every {interval_ns} ns: use 0 for once, or at least "
            f"{TIMER_INTERVAL_MIN_NS}"
        )


def _timer_fired(state: State, event: m.TimerFired) -> None:
    if not 0 <= event.missed < TIME_MAX_NS // TIMER_INTERVAL_MIN_NS:
        raise UserError(f"a timer cannot have missed {event.missed} times")


def _order_filled(state: State, event: m.OrderFilled) -> None:
    if not 0 < event.price <= UNITS_MAX or not 0 < event.quantity <= UNITS_MAX:
        raise UserError(
            f"a fill of {event.quantity} units at {event.price} is out of range: "
            f"both are 1 to {UNITS_MAX}"
        )
    order = state.orders.get(event.order_id)
    if order is None:
        return
    account = state.accounts[order.account]
    _check_room(account, state.markets[order.instrument], event.price, event.quantity)
    _check_balance(account, event.fee_currency, abs(event.fee))


def _check_room(account: Account, market: Market, price: int, quantity: int) -> None:
    """Refuse what would not fit into the books of an account, come what may."""
    product = price * quantity * market.money_factor
    _check_balance(account, market.currency, product // market.money_divisor)
    held = _held(account, market.index) + quantity
    value = held * max(market.mark, price) * market.money_factor
    if held > UNITS_MAX or value > MONEY_MAX:
        raise UserError(f"{account.name} cannot hold {held} units of {market.id}: 64 bits are over")


def _held(account: Account, instrument: int) -> int:
    """What an account may hold at most, long or short, with all that is open filled."""
    holdings = account.scope.holdings
    holding = holdings[instrument] if len(holdings) > instrument else None
    if holding is None:
        return 0
    legs: int = holding.long + holding.short
    return abs(holding.position) + holding.open_buy + holding.open_sell + legs


def _check_balance(account: Account, currency: str, amount: int) -> None:
    wallet = account.wallets.get(currency)
    balances = (0, 0, 0, 0)
    if wallet is not None:
        balances = (wallet.cash, wallet.inventory, wallet.fees, wallet.realized)
    if max(map(abs, balances)) + amount > BALANCE_MAX:
        raise UserError(f"{account.name} cannot hold so much {currency}: 64 bits are over")


def _order_ended(state: State, event: m.OrderCanceled | m.OrderExpired) -> None:
    if not m.NOT_STATED <= event.filled_quantity <= UNITS_MAX:
        raise UserError(f"an end at {event.filled_quantity} filled units is out of range")


def _order_restated(state: State, event: m.OrderRestated) -> None:
    if event.quantity <= 0 or not 0 <= event.amends <= UNITS_MAX:
        raise UserError(f"an order cannot work with {event.quantity} units: name what is ordered")
    _order_amended(state, event)


def _order_amended(state: State, event: m.OrderAmended | m.OrderRestated) -> None:
    if not 0 <= event.quantity <= UNITS_MAX or not 0 <= event.limit_price <= UNITS_MAX:
        raise UserError(f"an amendment to {event.quantity} at {event.limit_price} is out of range")
    if not 0 <= event.stop_price <= UNITS_MAX:
        raise UserError(f"an amendment to a stop at {event.stop_price} is out of range")


def _listed(state: State, event: m.InstrumentPaused | m.InstrumentResumed) -> None:
    state.market(event.instrument)


def _position_transferred(state: State, event: m.PositionTransferred) -> None:
    account = state.strategy(event.strategy).account
    market = state.market(event.instrument)
    if not 0 < event.price <= UNITS_MAX or not 0 < abs(event.quantity) <= UNITS_MAX:
        raise UserError(f"a transfer of {event.quantity} at {event.price} is out of range")
    if event.leg not in _LEGS or (event.leg != Leg.NET) != bool(account.is_hedging):
        raise UserError(f"account {account.name} has no leg {event.leg}: name one it has")
    _check_room(account, market, event.price, abs(event.quantity))


def _halted(state: State, event: m.Halted | m.Resumed) -> None:
    kind, _, name = event.scope.partition(":")
    if event.scope != "all" and (kind not in SCOPE_KINDS or not name):
        kinds = ", ".join(kind + ":NAME" for kind in SCOPE_KINDS)
        raise UserError(f"{event.scope!r} cannot be halted: use all, {kinds}")


CHECKS: dict[type, Callable[[State, Any], None]] = {
    m.RunStarted: _run_started,
    m.InstrumentListed: _instrument_listed,
    m.AccountOpened: _account_opened,
    m.CashDeposited: _cash_deposited,
    m.LimitsChanged: limits_changed,
    m.RateChanged: _rate_changed,
    m.RouteSet: check_route,
    m.StrategyRegistered: _strategy_registered,
    m.StrategyStopped: _strategy_stopped,
    m.OrderIntended: _order_intended,
    m.TargetIntended: _target_intended,
    m.ConditionalIntended: check_conditional,
    m.AlgorithmIntended: _algorithm_intended,
    m.CancelIntended: _nothing,
    m.CancelAllIntended: _nothing,
    m.AmendIntended: _amend_intended,
    m.TimerSet: _timer_set,
    m.TimerFired: _timer_fired,
    m.OrderAccepted: _nothing,
    m.OrderRejected: _nothing,
    m.OrderFilled: _order_filled,
    m.OrderCanceled: _order_ended,
    m.OrderExpired: _order_ended,
    m.OrderAmended: _order_amended,
    m.OrderRestated: _order_restated,
    m.CancelRejected: _nothing,
    m.AmendRejected: _nothing,
    m.OrderUnknown: _nothing,
    m.OrdersLeft: _nothing,
    m.VenueDescribed: check_described,
    m.VenueLost: _nothing,
    m.VenueRecovered: _nothing,
    m.InstrumentPaused: _listed,
    m.InstrumentResumed: _listed,
    m.VenueDiffered: _nothing,
    m.PositionTransferred: _position_transferred,
    **ACCOUNT_CHECKS,
    m.Halted: _halted,
    m.Resumed: _halted,
    m.BadTick: _nothing,
    m.ClockTicked: _nothing,
    m.MarketRecorded: _nothing,
}
"""What is asked of each event; the table is complete."""
