"""What a strategy may see and ask for: a read-only view of the core and its intents."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tradewind.core.engine import Engine
from tradewind.core.event_checks import check, check_order_id, check_target, check_words
from tradewind.core.held_terms import PERCENT_DIGITS, HeldTerms, HeldView, intent_of, lots_for
from tradewind.core.market import Market
from tradewind.core.order_view import FillView, OrderView
from tradewind.core.orders import Order, new_order
from tradewind.core.parent_terms import AlgorithmTerms, ParentView, algorithm_intent_of
from tradewind.core.position_view import AccountView, PositionView
from tradewind.core.sizing import risk_quantity
from tradewind.core.state import StrategyBook
from tradewind.core.target import new_target
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.ids import ALPHABET, order_id
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import to_decimal, units_of
from tradewind.model.orders import (
    WEIGHT_DIGITS,
    Leg,
    OrderFlag,
    OrderType,
    Side,
    Sizing,
    TargetKind,
    TimeInForce,
)

_POSITION = int(TargetKind.POSITION)
_WEIGHT = int(TargetKind.WEIGHT)
_DIGITS = ALPHABET
# members of their enumerations, found once
_BUY, _SELL, _NET = Side.BUY, Side.SELL, Leg.NET
_GTC, _NO_FLAG = TimeInForce.GTC, OrderFlag.NONE

Number = Decimal | str | int | float
"""A price or quantity as a person gives it; a float is taken through its shortest text."""


class View:
    """One strategy's window into the engine; everything it wants becomes an intent.

    `sizing` says when targets become orders; `cash_buffer` (10^-9) is kept out of weights.
    """

    __slots__ = (
        "_book",
        "_cash_buffer",
        "_engine",
        "_head",
        "_issued",
        "_journal_id",
        "_sizing",
        "_tens",
    )

    def __init__(
        self, engine: Engine, book: StrategyBook, *, sizing: Sizing, cash_buffer: int = 0
    ) -> None:
        self._engine = engine
        self._book = book
        self._sizing = int(sizing)
        self._cash_buffer = cash_buffer
        self._issued = book.intents
        self._tens = -1
        self._head = self._journal_id = ""

    @property
    def name(self) -> str:
        """The strategy's name in the journal."""
        return self._book.name

    @property
    def time_ns(self) -> int:
        """The time of the event being handled."""
        return self._engine.state.time_ns

    @property
    def account(self) -> AccountView:
        """The strategy's account."""
        return AccountView(self._engine.state, self._book.account)

    def position(self, instrument: str) -> PositionView:
        """The strategy's own position in an instrument."""
        return PositionView(self._book, self._engine.state.market(instrument))

    def orders(self, instrument: str = "") -> list[OrderView]:
        """The strategy's open orders, oldest first."""
        state = self._engine.state
        return [
            OrderView(order, state.markets[order.instrument])
            for order in state.open_orders.values()
            if order.strategy == self._book.index
            and instrument in ("", state.markets[order.instrument].id)
        ]

    def quote(self, instrument: str) -> tuple[float, float]:
        """Last known best bid and ask; 0.0 while unknown."""
        market = self._engine.state.market(instrument)
        scale = 10.0**market.instrument.price_digits
        return market.bid / scale, market.ask / scale

    def price_below(self, instrument: str, price: float) -> Decimal:
        """The nearest price of the grid at or below a price."""
        known = self._engine.state.market(instrument).instrument
        ticks = math.floor(price * 10**known.price_digits / known.tick_units)
        return to_decimal(ticks * known.tick_units, known.price_digits)

    def price_above(self, instrument: str, price: float) -> Decimal:
        """The nearest price of the grid at or above a price."""
        known = self._engine.state.market(instrument).instrument
        ticks = math.ceil(price * 10**known.price_digits / known.tick_units)
        return to_decimal(ticks * known.tick_units, known.price_digits)

    def listen(self, kind: str, instrument: str, function: Callable[[Any], None]) -> None:
        """Call a function with every event of a kind: bars, trades, quotes or depth."""
        self._engine.state.market(instrument).listen(kind, (self._book.index, function))

    def listen_orders(self, function: Callable[[tuple[Order, Any]], None]) -> None:
        """Call a function with (order, event) of every change of an own order."""
        self._engine.order_listeners[self._book.index] = function

    def listen_timers(self, function: Callable[[str], None]) -> None:
        """Call a function with the name of every own timer that fires."""
        self._engine.timer_listeners[self._book.name] = function

    def submit(
        self,
        instrument: str | Instrument,
        side: Side,
        quantity: Number,
        *,
        limit: Number | None = None,
        stop: Number | None = None,
        time_in_force: TimeInForce = TimeInForce.GTC,
        flags: OrderFlag = OrderFlag.NONE,
        leg: Leg = Leg.NET,
        expire_time_ns: int = 0,
    ) -> str:
        """Want an order: market, limit, stop or stop-limit by the prices given; its id."""
        market = self._market(instrument)
        if type(quantity) is int and -(10**5) < quantity < 10**5:
            units = quantity * market.quantity_unit
        else:
            units = self._quantity(market, quantity)
        # nearly all orders say nothing of these, and a new order has them already
        is_plain = (
            time_in_force is _GTC and flags is _NO_FLAG and leg is _NET and expire_time_ns == 0
        )
        if not is_plain or (side is not _BUY and side is not _SELL):
            check_words(side, time_in_force, flags, leg, expire_time_ns)
        book = self._book
        order = new_order(
            self._coming_id(),
            book.index,
            book.account.index,
            market.index,
            1 if side is _BUY else int(side),
            units,
        )
        if limit is not None or stop is not None:
            self._price(order, market, limit, stop)
        if not is_plain:
            order.time_in_force = int(time_in_force)
            order.flags = int(flags)
            order.expire_time_ns = int(expire_time_ns)
            order.leg = int(leg)
        engine = self._engine
        order.intended_time_ns = engine.state.time_ns
        engine.intents.append(order)
        self._issued += 1
        return order.order_id

    def target_position(
        self, instrument: str | Instrument, quantity: Number, leg: Leg = Leg.NET
    ) -> str:
        """Want a signed position; the id of the order that may come of it."""
        market = self._market(instrument)
        return self._target(market, _POSITION, self._quantity(market, quantity), leg)

    def target_weight(
        self, instrument: str | Instrument, weight: Number, leg: Leg = Leg.NET
    ) -> str:
        """Want a signed share of account equity in an instrument."""
        market = self._market(instrument)
        share = units_of(weight, WEIGHT_DIGITS)
        kept = share * (10**WEIGHT_DIGITS - self._cash_buffer) // 10**WEIGHT_DIGITS
        return self._target(market, _WEIGHT, kept, leg)

    def risk_quantity(
        self, instrument: str | Instrument, entry: Number | None, stop: Number | None
    ) -> Decimal:
        """The largest quantity the account's risk limits let through: see `core.sizing`."""
        market = self._market(instrument)
        digits = market.instrument.price_digits
        price = market.mark if entry is None else units_of(entry, digits)
        units = risk_quantity(
            self._engine.state,
            self._book,
            market,
            entry=price,
            stop=0 if stop is None else units_of(stop, digits),
        )
        return to_decimal(units, market.instrument.quantity_digits)

    def hold(self, instrument: str | Instrument, terms: HeldTerms) -> str:
        """Want an order that the core holds (see `core.held_terms`); its id."""
        market = self._market(instrument)
        identifier = self._coming_id()
        name = self._book.name
        self._want(intent_of(terms, self.time_ns, identifier, name, market.instrument))
        self._issued += 1
        return identifier

    def work(self, instrument: str | Instrument, terms: AlgorithmTerms) -> str:
        """Want an order that the core works with children (see `core.parent_terms`); its id."""
        route = self._engine.state.routes.get(terms.route)
        market = self._market(route.terms.legs[0].instrument if route else instrument)
        identifier = self._coming_id()
        self._want(
            algorithm_intent_of(terms, self.time_ns, identifier, self._book.name, market.instrument)
        )
        self._issued += 1
        return identifier

    def legs(self, route: str) -> list[str]:
        """The instruments of a route; `UserError` where the run has none of that name."""
        routes = self._engine.state.routes
        if route not in routes:
            known = ", ".join(routes) or "none"
            raise UserError(f"there is no route {route!r}: known are {known}")
        return [leg.instrument for leg in routes[route].terms.legs]

    def parents(self) -> list[ParentView]:
        """The orders that the core works for the strategy, oldest first."""
        state = self._engine.state
        return [
            ParentView(state, parent, state.markets[parent.instrument])
            for parent in state.parents.values()
            if parent.strategy == self._book.index
        ]

    def quantity_for(self, instrument: str | Instrument, side: Side, value: Number) -> Decimal:
        """The whole lots that an amount of money buys or sells at the price of now."""
        market = self._market(instrument)
        digits = market.instrument.quantity_digits
        return to_decimal(lots_for(market, int(side), value), digits)

    def cancel_all(self, instrument: str = "") -> None:
        """Want all own orders canceled, or those of an instrument; one record does it."""
        name = self._book.name
        self._want(m.CancelAllIntended(self.time_ns, name, name, instrument))

    def held(self) -> list[HeldView]:
        """The orders that the core holds for the strategy, oldest first."""
        state = self._engine.state
        return [
            HeldView(held, state.markets[held.instrument])
            for held in state.held.values()
            if held.strategy == self._book.index
        ]

    def cancel(self, identifier: str) -> None:
        """Want an order canceled."""
        self._want(m.CancelIntended(self.time_ns, self._book.name, identifier))

    def amend(
        self,
        identifier: str,
        quantity: Number,
        limit: Number = 0,
        stop: Number = 0,
        trail: Number = 0,
        trail_percent: Number = 0,
    ) -> None:
        """Want an order with other terms; quantity is the new total, a price of 0 stays."""
        state = self._engine.state
        kept = state.held.get(identifier) or state.parents.get(identifier)
        order = kept or state.orders.get(identifier)
        if order is None:
            raise UserError(f"there is no order {identifier!r} to amend")
        market = state.markets[order.instrument]
        digits = market.instrument.price_digits
        total = self._quantity(market, quantity)
        prices = (units_of(limit, digits), units_of(stop, digits), units_of(trail, digits))
        share = units_of(trail_percent, PERCENT_DIGITS)
        self._want(
            m.AmendIntended(self.time_ns, self._book.name, identifier, total, *prices, share)
        )

    def set_timer(self, name: str, due_time_ns: int, interval_ns: int = 0) -> None:
        """Want `on_timer(name)` at a time, and again every interval where it is not 0."""
        self._want(m.TimerSet(self.time_ns, self._book.name, name, due_time_ns, interval_ns))

    def order_view(self, order: Order) -> OrderView:
        """The view of an order."""
        return OrderView(order, self._engine.state.markets[order.instrument])

    def fill_view(self, event: m.OrderFilled, order: Order) -> FillView:
        """The view of an execution."""
        market = self._engine.state.markets[order.instrument]
        return FillView(event, OrderView(order, market), market)

    def _target(self, market: Market, kind: int, value: int, leg: Leg) -> str:
        check_target(kind, self._sizing, leg)
        identifier = self._coming_id()
        time_ns = self._engine.state.time_ns
        target = new_target(
            time_ns, identifier, self._book.index, market.index, kind, value, self._sizing, int(leg)
        )
        self._engine.intents.append(target)
        self._issued += 1
        return identifier

    def _market(self, instrument: str | Instrument) -> Market:
        state = self._engine.state
        name = instrument if isinstance(instrument, str) else instrument.id
        number = state.market_numbers.get(name)
        return state.market(name) if number is None else state.markets[number]

    def _price(
        self, order: Order, market: Market, limit: Number | None, stop: Number | None
    ) -> None:
        """Give an order its prices, and the type that they make of it."""
        digits = market.instrument.price_digits
        order.order_type = _type_of(limit, stop)
        order.limit_price = 0 if limit is None else units_of(limit, digits)
        order.stop_price = 0 if stop is None else units_of(stop, digits)

    def _want(self, intent: m.Intent) -> None:
        """Hand an intent over; one that cannot be meant is refused with `UserError` right here."""
        check(self._engine.state, intent)
        self._engine.intents.append(intent)

    def _quantity(self, market: Market, quantity: Number) -> int:
        if type(quantity) is int and -(10**5) < quantity < 10**5:
            return quantity * market.quantity_unit
        return units_of(quantity, market.instrument.quantity_digits)

    def _coming_id(self) -> str:
        """The id of the next intent: taken only once the intent is handed over."""
        number = self._issued + 1
        journal_id = self._engine.state.journal_id
        if number // 36 != self._tens or journal_id != self._journal_id:
            self._tens = number // 36
            self._journal_id = journal_id
            self._head = order_id(journal_id, self._book.name, number)[:-1]
            check_order_id(self._head + ALPHABET[0])
        return self._head + _DIGITS[number % 36]


def _type_of(limit: Number | None, stop: Number | None) -> OrderType:
    if stop is None:
        return OrderType.MARKET if limit is None else OrderType.LIMIT
    return OrderType.STOP if limit is None else OrderType.STOP_LIMIT
