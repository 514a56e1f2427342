"""The class people write: subscribe, look, want. The same in backtest, paper and live."""

from __future__ import annotations

import typing
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from tradewind.core.gate import Gate
from tradewind.core.held_terms import HeldView
from tradewind.core.order_view import FillView, OrderView
from tradewind.core.orders import Order
from tradewind.core.parent_terms import ParentView
from tradewind.core.position_view import AccountView, PositionView
from tradewind.core.view import Number, View
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.market import Bar, Quote, Trade
from tradewind.model.messages import OrderFilled
from tradewind.model.orders import Leg, Side
from tradewind.signals.signal import BAR_INPUTS, Signal
from tradewind.strategies.wishes import PLAIN, place

Parameter = int | float | str | bool | Decimal


class Strategy:
    """Base of all strategies.

    Parameters are typed class attributes with defaults; give others to the constructor. Write
    any of the `on_...` methods; what you do not write is never called. Between calls keep state
    in attributes that are numbers, text, lists, dicts or signals, so that it can be saved.

    >>> class Cross(Strategy):
    ...     fast: int = 10
    ...     slow: int = 30
    >>> Cross(fast=5).parameters()
    {'fast': 5, 'slow': 30}
    """

    instrument: str
    """The first instrument of the run; `self.instruments` has all."""

    _own: ClassVar[frozenset[str]] = frozenset({"instrument", "instruments"})

    def __init__(self, **parameters: Parameter | str) -> None:
        types = self.parameter_types()
        for name, value in parameters.items():
            if name not in types:
                known = ", ".join(types) or "none"
                raise UserError(f"{type(self).__name__} has no parameter {name!r}: known: {known}")
            setattr(self, name, _converted(name, value, types[name]))
        self.instruments: list[str] = []
        self._view: View = _NOT_RUNNING

    # --- what you may write ------------------------------------------------------------------

    def on_start(self) -> None:
        """Once, before the first event: subscribe here."""

    def on_bar(self, bar: Bar) -> None:
        """A bar closed."""

    def on_trade(self, trade: Trade) -> None:
        """A public trade."""

    def on_quote(self, quote: Quote) -> None:
        """A new best bid or ask."""

    def on_depth(self, book: Any) -> None:
        """The book changed; `book.levels(1, 5)` are the best five bids in units."""

    def on_order(self, order: OrderView) -> None:
        """An own order changed, was denied, or was filled."""

    def on_fill(self, fill: FillView) -> None:
        """An own order was executed, in part or in full."""

    def on_timer(self, name: str) -> None:
        """An own timer fired."""

    def on_stop(self) -> None:
        """Once, behind the last event."""

    # --- what you may call -------------------------------------------------------------------

    def subscribe_bars(
        self, instrument: str, timeframe: str = "", *, when: Signal | None = None
    ) -> None:
        """Get `on_bar` for an instrument; the timeframe (`1m`) is built live, given in a run.

        With `when` it is called only at bars that change the value of this signal, which takes
        each bar by itself (docs/guides/signals.md): the rows between make no call of Python.
        """
        self._wanted_bars.append((_id_of(instrument), timeframe))
        listener = self.on_bar if when is None else self._gate(when)
        self._view.listen("bars", _id_of(instrument), listener)

    def subscribe_trades(self, instrument: str) -> None:
        """Get `on_trade` for an instrument."""
        self._view.listen("trades", _id_of(instrument), self.on_trade)

    def subscribe_quotes(self, instrument: str) -> None:
        """Get `on_quote` for an instrument."""
        self._view.listen("quotes", _id_of(instrument), self.on_quote)

    def subscribe_depth(self, instrument: str) -> None:
        """Get `on_depth` for an instrument."""
        self._view.listen("depth", _id_of(instrument), self.on_depth)

    def buy(self, quantity: Number = 0, instrument: str = "", **terms: Any) -> str:
        """Want to buy; terms are `limit stop time_in_force flags leg expire_time_ns`.

        Without a price it is a market order. `value` instead of a quantity is an amount of money.
        `touch`, `trail`, `trail_percent`, `after` and `oco` make it one that the core holds;
        `take_profit` and one of `stop_loss`, `trailing_loss`, `trailing_loss_percent` a bracket
        (docs/guides/orders.md). `algorithm` or `display` make it a parent that the core works with
        children (docs/guides/algorithms.md). Returns the order's id.
        """
        if not terms:
            return self._view.submit(instrument or self.instrument, _BUY, quantity)
        if not PLAIN.issuperset(terms):
            return place(self._view, instrument or self.instrument, _BUY, quantity, terms)
        return self._view.submit(instrument or self.instrument, _BUY, quantity, **terms)

    def sell(self, quantity: Number = 0, instrument: str = "", **terms: Any) -> str:
        """Want to sell; see `buy`."""
        if not terms:
            return self._view.submit(instrument or self.instrument, _SELL, quantity)
        if not PLAIN.issuperset(terms):
            return place(self._view, instrument or self.instrument, _SELL, quantity, terms)
        return self._view.submit(instrument or self.instrument, _SELL, quantity, **terms)

    def target_position(self, quantity: Number, instrument: str = "", leg: Leg = Leg.NET) -> str:
        """Want this signed position."""
        return self._view.target_position(instrument or self.instrument, quantity, leg)

    def target_weight(self, weight: Number, instrument: str = "", leg: Leg = Leg.NET) -> str:
        """Want this signed share of account equity in the instrument (0.5 is half)."""
        return self._view.target_weight(self._or_first(instrument), weight, leg)

    def risk_quantity(
        self, *, stop: Number | None = None, entry: Number | None = None, instrument: str = ""
    ) -> Decimal:
        """The largest quantity that `RISK_PER_TRADE` and `MAX_POSITION_SIZE` let through.

        For an entry price (default: the last price) with a stop; the tightest limit of strategy,
        account and firm wins, in whole lots, 0 where nothing may be opened.
        """
        return self._view.risk_quantity(self._or_first(instrument), entry, stop)

    def cancel(self, order_id: str) -> None:
        """Want an order canceled."""
        self._view.cancel(order_id)

    def cancel_all(self, instrument: str = "") -> None:
        """Want all own orders (of an instrument) canceled, those that the core holds too."""
        self._view.cancel_all(instrument)

    def amend(
        self,
        order_id: str,
        *,
        quantity: Number,
        limit: Number = 0,
        stop: Number = 0,
        trail: Number = 0,
        trail_percent: Number = 0,
    ) -> None:
        """Want an order with another total quantity and price; a price of 0 stays.

        Another `trail` or `trail_percent` of a stop that trails counts from the price of now.

        Where the venue of a stop changes no stop price, the order is canceled and one in its stead
        is sent, with `_2` behind its id; the first id goes on meaning the newest.
        """
        self._view.amend(order_id, quantity, limit, stop, trail, trail_percent)

    def set_timer(self, name: str, due_time_ns: int, interval_ns: int = 0) -> None:
        """Want `on_timer(name)` at a time (UTC, ns), and every interval behind it.

        Over a gap without events, of whatever length, it is called once.
        """
        self._view.set_timer(name, due_time_ns, interval_ns)

    def price_below(self, price: float, instrument: str = "") -> Decimal:
        """The nearest price on the instrument's grid at or below a price."""
        return self._view.price_below(self._or_first(instrument), price)

    def price_above(self, price: float, instrument: str = "") -> Decimal:
        """The nearest price on the instrument's grid at or above a price."""
        return self._view.price_above(self._or_first(instrument), price)

    @property
    def time_ns(self) -> int:
        """The time of the event being handled: never ask the clock."""
        return self._view.time_ns

    @property
    def position(self) -> PositionView:
        """The own position in the first instrument."""
        return self._view.position(self.instrument)

    def position_in(self, instrument: str) -> PositionView:
        """The own position in an instrument."""
        return self._view.position(_id_of(instrument))

    @property
    def account(self) -> AccountView:
        """Cash and equity of the account."""
        return self._view.account

    @property
    def open_orders(self) -> list[OrderView]:
        """Own orders that may still fill."""
        return self._view.orders()

    @property
    def held_orders(self) -> list[HeldView]:
        """Own orders that the core holds: they are sent when their condition comes true."""
        return self._view.held()

    @property
    def parent_orders(self) -> list[ParentView]:
        """Own orders that the core works with children: algorithms and icebergs."""
        return self._view.parents()

    def legs_of(self, route: str) -> list[str]:
        """The instruments among which an order by this route is divided."""
        return self._view.legs(route)

    # --- how a run attaches it ---------------------------------------------------------------

    def attach(self, view: View, instruments: list[Instrument]) -> None:
        """Give the strategy its view; called by a run, once, before `on_start`."""
        self._view = view
        self._wanted_bars: list[tuple[str, str]] = []
        self._gating: list[Signal] = []
        self.instruments = [instrument.id for instrument in instruments]
        kind = type(self)
        # asking __dict__ would make each attribute of the strategy slow to read for good
        own = getattr(self, "instrument", None) is not getattr(kind, "instrument", None)
        if self.instruments and not own:
            self.instrument = self.instruments[0]
        wants_orders = kind.on_order is not Strategy.on_order
        if wants_orders or kind.on_fill is not Strategy.on_fill:
            view.listen_orders(self._on_report)
        view.listen_timers(self.on_timer)

    @property
    def wanted_bars(self) -> list[tuple[str, str]]:
        """Instruments and timeframes of the bars it subscribed."""
        return list(self._wanted_bars)

    @classmethod
    def parameter_types(cls) -> dict[str, Any]:
        """Names and types of the parameters."""
        hints = typing.get_type_hints(cls)
        return {
            name: hints[name]
            for name in hints
            if not name.startswith("_") and name not in Strategy._own and hasattr(cls, name)
        }

    def parameters(self) -> dict[str, Parameter]:
        """Names and values of the parameters."""
        return {name: getattr(self, name) for name in self.parameter_types()}

    def snapshot(self) -> dict[str, Any]:
        """Attributes that can be saved; a signal gives its own snapshot."""
        kept = {}
        for name, value in self.__dict__.items():
            if not name.startswith("_") and name not in Strategy._own:
                kept[name] = value.snapshot() if hasattr(value, "snapshot") else value
        return kept

    def restore(self, saved: dict[str, Any]) -> None:
        """Take back what `snapshot` gave, behind `on_start`."""
        for name, value in saved.items():
            present = getattr(self, name, None)
            if present is not None and hasattr(present, "restore"):
                present.restore(value)
            else:
                setattr(self, name, value)

    def _gate(self, signal: Signal) -> Gate:
        """What stands before `on_bar`; the signal must be one that `snapshot` finds."""
        if not set(signal.inputs) <= set(BAR_INPUTS):
            raise UserError(f"when={signal!r} takes {signal.inputs}: a bar has {BAR_INPUTS}")
        if not any(kept is signal for kept in vars(self).values()):
            raise UserError("when=: keep the signal in an attribute, so that it can be saved")
        if any(kept is signal for kept in self._gating):
            raise UserError("when=: a signal follows the bars of one subscription: make another")
        self._gating.append(signal)
        return Gate(self.on_bar, signal)

    def _or_first(self, instrument: str) -> str:
        return _id_of(instrument) if instrument else self.instrument

    def _on_report(self, report: tuple[Order, Any]) -> None:
        order, event = report
        desk = self._view
        if type(event) is OrderFilled:
            self.on_fill(desk.fill_view(event, order))
        self.on_order(desk.order_view(order))


class _NotRunning:
    """What stands for the view of a strategy before it runs; a property would cost each call."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            # Asked by tools that look at every object, not by a strategy.
            raise AttributeError(name)
        raise UserError("the strategy is not running yet: call this in on_start or later")


_NOT_RUNNING: Any = _NotRunning()
_BUY, _SELL = Side.BUY, Side.SELL


def _id_of(instrument: str | Instrument) -> str:
    return instrument.id if isinstance(instrument, Instrument) else instrument


def _converted(name: str, value: Any, kind: Any) -> Any:
    """A parameter as its type; text (from a command line) is read."""
    if kind is bool and isinstance(value, str):
        if value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise UserError(f"{name}: {value!r} is not true or false")
    if kind is int and isinstance(value, float) and not value.is_integer():
        raise UserError(f"{name}: {value!r} is not a whole number")
    try:
        return kind(value)
    except (ValueError, TypeError, ArithmeticError):
        raise UserError(f"{name}: {value!r} is not of type {kind.__name__}") from None
