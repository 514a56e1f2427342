"""A desk in front of a simulated venue: orders in few words, reports as short text."""

from __future__ import annotations

from typing import Any

from tradewind.core.venue_model import VenueModel
from tradewind.model.columns import DEPTH_LAST
from tradewind.model.instruments import Instrument
from tradewind.model.messages import OrderFilled
from tradewind.model.orders import Liquidity, OrderType, Side, TimeInForce
from tradewind.sim.venue import SimulatedVenue

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")
MAKER = Liquidity.MAKER
TAKER = Liquidity.TAKER


class Desk:
    """Sends orders with defaults and keeps every report that came back."""

    def __init__(self, *instruments: Instrument, **options: Any) -> None:
        self.venue = SimulatedVenue(**options)
        for instrument in instruments or (GOOG,):
            self.venue.list_instrument(instrument)
        self.now_ns = 0
        self.reports: list[Any] = []

    def order(self, order_id: str, side: Side, quantity: int, **terms: Any) -> None:
        send(self.venue, self.now_ns, order_id, side, quantity, **terms)

    def buy(self, order_id: str, quantity: int, **terms: Any) -> None:
        self.order(order_id, Side.BUY, quantity, **terms)

    def sell(self, order_id: str, quantity: int, **terms: Any) -> None:
        self.order(order_id, Side.SELL, quantity, **terms)

    def open(self, price: int, time_ns: int | None = None) -> None:
        self.pass_time(time_ns)
        self.venue.on_bar_opened(0, self.now_ns, price)

    def close(
        self, open_price: int, high: int, low: int, close: int, *, volume: int = 1000, at: int = 0
    ) -> None:
        self.pass_time(at or None)
        self.venue.on_bar(0, self.now_ns, open_price, high, low, close, volume)

    def bar(self, open_price: int, high: int, low: int, close: int, **options: int) -> None:
        """A bar that opens now and closes ten later."""
        self.open(open_price, self.now_ns)
        self.close(open_price, high, low, close, at=self.now_ns + 10, **options)

    def quote(self, bid: int, bid_size: int, ask: int, ask_size: int) -> None:
        self.pass_time()
        self.venue.on_quote(0, self.now_ns, bid, bid_size, ask, ask_size)

    def trade(self, price: int, size: int, side: int = 0) -> None:
        self.pass_time()
        self.venue.on_trade(0, self.now_ns, price, size, side)

    def levels(self, *rows: tuple[int, int, int], flags: int = 0) -> None:
        """One depth event of rows (side, price, size)."""
        self.pass_time()
        for number, (side, price, size) in enumerate(rows, 1):
            last = DEPTH_LAST if number == len(rows) else 0
            self.venue.on_depth(0, self.now_ns, side, price, size, flags | last)

    def pass_time(self, time_ns: int | None = None) -> None:
        self.now_ns = self.now_ns + 1 if time_ns is None else time_ns

    def take_reports(self) -> list[Any]:
        """The reports since the last call."""
        taken = self.venue.take_reports()
        self.reports += taken
        return taken

    def ahead(self, order_id: str) -> int:
        """The quantity in front of an open order."""
        (order,) = [o for o in self.venue.open_orders() if o.order_id == order_id]
        return order.ahead

    def words(self) -> list[str]:
        """The reports since the last call as text: `a accepted`, `a filled 5 @ 100`."""
        return [in_words(report) for report in self.take_reports()]

    def fills(self) -> list[tuple[str, int, int]]:
        """Order, quantity and price of the fills since the last call."""
        taken = self.take_reports()
        return [(r.order_id, r.quantity, r.price) for r in taken if isinstance(r, OrderFilled)]


def send(
    venue: VenueModel,
    time_ns: int,
    order_id: str,
    side: int,
    quantity: int,
    *,
    instrument: int = 0,
    limit: int = 0,
    stop: int = 0,
    time_in_force: int = TimeInForce.GTC,
    flags: int = 0,
    until: int = 0,
) -> None:
    """Submit an order; its type follows from the prices it has."""
    order_type = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }[bool(limit), bool(stop)]
    venue.submit(
        time_ns, order_id, instrument, side, quantity, order_type,
        limit, stop, time_in_force, flags, until,
    )  # fmt: skip


def in_words(report: Any) -> str:
    word = type(report).__name__.removeprefix("Order")
    word = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in word)
    text = f"{report.order_id}{word}" if word.startswith(" ") else f"{report.order_id} {word}"
    if isinstance(report, OrderFilled):
        return f"{text} {report.quantity} @ {report.price}"
    return text
