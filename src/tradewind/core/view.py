"""What a strategy may see and ask for: a read-only view of the core and its intents."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tradewind.core.engine import Engine
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.state import Account, StrategyBook
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.ids import order_id
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import to_decimal, units_of
from tradewind.model.orders import (
    WEIGHT_DIGITS,
    Leg,
    OrderFlag,
    OrderState,
    OrderType,
    Side,
    Sizing,
    TargetKind,
    TimeInForce,
)

Number = Decimal | str | int | float
"""A price or quantity as a person gives it; a float is taken through its shortest text."""


class PositionView:
    """A strategy's position in one instrument, as of now.

    `quantity` and `average_price` are exact; `quantity_units` is the integer of the
    instrument's digits.
    """

    __slots__ = ("_book", "_market")

    def __init__(self, book: StrategyBook, market: Market) -> None:
        self._book = book
        self._market = market

    @property
    def quantity_units(self) -> int:
        """Signed quantity over all legs, in units."""
        return self._book.quantity(self._market.index)

    @property
    def quantity(self) -> Decimal:
        """Signed quantity."""
        return to_decimal(self.quantity_units, self._market.instrument.quantity_digits)

    @property
    def is_flat(self) -> bool:
        """Whether there is no position."""
        return self.quantity_units == 0

    @property
    def is_long(self) -> bool:
        """Whether the quantity is positive."""
        return self.quantity_units > 0

    @property
    def is_short(self) -> bool:
        """Whether the quantity is negative."""
        return self.quantity_units < 0

    @property
    def cost(self) -> Decimal:
        """What the open quantity cost, in the instrument's currency; signed like it."""
        total = sum(leg.cost for leg in self._legs())
        return to_decimal(total, self._market.instrument.money_digits)

    @property
    def average_price(self) -> Decimal:
        """Cost per unit of quantity; 0 where flat."""
        quantity = self.quantity * self._market.instrument.multiplier
        return self.cost / quantity if quantity else Decimal(0)

    @property
    def realized(self) -> Decimal:
        """Profit of what was closed, before fees, in the instrument's currency."""
        total = sum(leg.realized for leg in self._legs())
        return to_decimal(total, self._market.instrument.money_digits)

    def _legs(self) -> list[Any]:
        return [self._book.position(self._market.index, leg) for leg in (-1, 0, 1)]


class AccountView:
    """Cash and equity of the strategy's account, in its currency."""

    __slots__ = ("_account", "_engine")

    def __init__(self, engine: Engine, account: Account) -> None:
        self._engine = engine
        self._account = account

    @property
    def currency(self) -> str:
        """The account's currency."""
        return self._account.currency

    @property
    def cash(self) -> Decimal:
        """Cash in the account's currency."""
        return to_decimal(self._account.home.cash, currency_digits(self._account.currency))

    @property
    def equity(self) -> Decimal:
        """Cash and positions at their marks."""
        money = self._engine.state.equity(self._account)
        return to_decimal(money, currency_digits(self._account.currency))


class OrderView:
    """One order of the strategy, as of now."""

    __slots__ = ("_market", "_order")

    def __init__(self, order: Order, market: Market) -> None:
        self._order = order
        self._market = market

    @property
    def order_id(self) -> str:
        """The id that `buy` and `sell` returned."""
        return self._order.order_id

    @property
    def instrument(self) -> Instrument:
        """What it trades."""
        return self._market.instrument

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return Side(self._order.side)

    @property
    def state(self) -> OrderState:
        """Where it is in its life."""
        return OrderState(self._order.state)

    @property
    def is_open(self) -> bool:
        """Whether it may still fill."""
        return self._order.is_open

    @property
    def quantity(self) -> Decimal:
        """What was ordered."""
        return self._quantity(self._order.quantity)

    @property
    def filled_quantity(self) -> Decimal:
        """What was filled."""
        return self._quantity(self._order.filled_quantity)

    @property
    def leaves_quantity(self) -> Decimal:
        """What may still be filled."""
        return self._quantity(self._order.leaves_quantity)

    @property
    def limit_price(self) -> Decimal | None:
        """Its limit, where it has one."""
        units = self._order.limit_price
        return to_decimal(units, self._market.instrument.price_digits) if units else None

    def _quantity(self, units: int) -> Decimal:
        return to_decimal(units, self._market.instrument.quantity_digits)


class FillView:
    """One execution of the strategy's order: exact price, quantity and fee."""

    __slots__ = ("_event", "_market", "order")

    def __init__(self, event: m.OrderFilled, order: OrderView, market: Market) -> None:
        self._event = event
        self._market = market
        self.order = order

    @property
    def time_ns(self) -> int:
        """When we learned of it."""
        return self._event.time_ns

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return self.order.side

    @property
    def price(self) -> Decimal:
        """Price of this execution."""
        return to_decimal(self._event.price, self._market.instrument.price_digits)

    @property
    def quantity(self) -> Decimal:
        """Quantity of this execution, positive."""
        return to_decimal(self._event.quantity, self._market.instrument.quantity_digits)

    @property
    def fee(self) -> Decimal:
        """What it cost, in `fee_currency`; negative is a rebate."""
        return to_decimal(self._event.fee, currency_digits(self._event.fee_currency))

    @property
    def fee_currency(self) -> str:
        """Currency of the fee."""
        return self._event.fee_currency


class View:
    """One strategy's window into the engine; everything it wants becomes an intent.

    `sizing` says when targets become orders; `cash_buffer` (10^-9) is kept out of weights.
    """

    __slots__ = ("_book", "_cash_buffer", "_engine", "_issued", "_sizing")

    def __init__(
        self, engine: Engine, book: StrategyBook, *, sizing: Sizing, cash_buffer: int = 0
    ) -> None:
        self._engine = engine
        self._book = book
        self._sizing = sizing
        self._cash_buffer = cash_buffer
        self._issued = book.intents

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
        return AccountView(self._engine, self._book.account)

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

    def listen(self, kind: str, instrument: str, function: Callable[[Any], None]) -> None:
        """Call a function with every event of a kind: bars, trades, quotes or depth."""
        market = self._engine.state.market(instrument)
        listeners = {
            "bars": market.bar_listeners,
            "trades": market.trade_listeners,
            "quotes": market.quote_listeners,
            "depth": market.depth_listeners,
        }[kind]
        entry = (self._book.index, function)
        if entry not in listeners:
            listeners.append(entry)

    def listen_orders(self, function: Callable[[tuple[Order, Any]], None]) -> None:
        """Call a function with (order, event) of every change of an own order."""
        self._engine.order_listeners[self._book.index] = function

    def listen_timers(self, function: Callable[[str], None]) -> None:
        """Call a function with the name of every own timer that fires."""
        self._engine.timer_listeners[self._book.name] = function

    def submit(
        self,
        instrument: str,
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
        market = self._engine.state.market(instrument)
        digits = market.instrument.price_digits
        identifier = self._next_id()
        self._engine.intents.append(
            m.OrderIntended(
                self.time_ns,
                identifier,
                self._book.name,
                market.id,
                side,
                self._quantity(market, quantity),
                _type_of(limit, stop),
                0 if limit is None else units_of(limit, digits),
                0 if stop is None else units_of(stop, digits),
                time_in_force,
                flags,
                expire_time_ns,
                leg,
            )
        )
        return identifier

    def target_position(self, instrument: str, quantity: Number, leg: Leg = Leg.NET) -> str:
        """Want a signed position; the id of the order that may come of it."""
        market = self._engine.state.market(instrument)
        return self._target(market, TargetKind.POSITION, self._quantity(market, quantity), leg)

    def target_weight(self, instrument: str, weight: Number, leg: Leg = Leg.NET) -> str:
        """Want a signed share of account equity in an instrument."""
        market = self._engine.state.market(instrument)
        share = units_of(weight, WEIGHT_DIGITS)
        kept = share * (10**WEIGHT_DIGITS - self._cash_buffer) // 10**WEIGHT_DIGITS
        return self._target(market, TargetKind.WEIGHT, kept, leg)

    def cancel(self, identifier: str) -> None:
        """Want an order canceled."""
        self._engine.intents.append(m.CancelIntended(self.time_ns, self._book.name, identifier))

    def amend(self, identifier: str, quantity: Number, limit: Number) -> None:
        """Want a working order with other terms; quantity is the new total."""
        order = self._engine.state.orders.get(identifier)
        if order is None:
            raise UserError(f"there is no order {identifier!r} to amend")
        market = self._engine.state.markets[order.instrument]
        units = units_of(limit, market.instrument.price_digits)
        self._engine.intents.append(
            m.AmendIntended(
                self.time_ns, self._book.name, identifier, self._quantity(market, quantity), units
            )
        )

    def set_timer(self, name: str, due_time_ns: int, interval_ns: int = 0) -> None:
        """Want `on_timer(name)` at a time, and again every interval where it is not 0."""
        self._engine.intents.append(
            m.TimerSet(self.time_ns, self._book.name, name, due_time_ns, interval_ns)
        )

    def order_view(self, order: Order) -> OrderView:
        """The view of an order."""
        return OrderView(order, self._engine.state.markets[order.instrument])

    def fill_view(self, event: m.OrderFilled, order: Order) -> FillView:
        """The view of an execution."""
        market = self._engine.state.markets[order.instrument]
        return FillView(event, OrderView(order, market), market)

    def _target(self, market: Market, kind: TargetKind, value: int, leg: Leg) -> str:
        identifier = self._next_id()
        self._engine.intents.append(
            m.TargetIntended(
                self.time_ns,
                identifier,
                self._book.name,
                market.id,
                kind,
                value,
                self._sizing,
                leg,
            )
        )
        return identifier

    def _quantity(self, market: Market, quantity: Number) -> int:
        digits = market.instrument.quantity_digits
        if type(quantity) is int and -(10**5) < quantity < 10**5:
            return quantity * int(10**digits)
        return units_of(quantity, digits)

    def _next_id(self) -> str:
        self._issued += 1
        return order_id(self._engine.state.journal_id, self._book.name, self._issued)


def _type_of(limit: Number | None, stop: Number | None) -> OrderType:
    if stop is None:
        return OrderType.MARKET if limit is None else OrderType.LIMIT
    return OrderType.STOP if limit is None else OrderType.STOP_LIMIT
