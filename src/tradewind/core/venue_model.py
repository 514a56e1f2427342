"""A venue inside the engine's own loop: what `sim` implements and a backtest attaches."""

from __future__ import annotations

from tradewind.core.reports import Acceptance, Execution
from tradewind.model.instruments import Instrument
from tradewind.model.messages import InstrumentListed, InstrumentRenamed, Report

NEVER_NS = 2**63 - 1
"""A due time that never comes."""


class VenueModel:
    """Base of venues that answer within the loop; this one never fills anything.

    The engine tells it every market row before it applies the row itself, hands it commands,
    and takes the reports it has put into `reports`, in order, each with its `time_ns`: messages,
    or the `Acceptance` and `Execution` that stand for the two that every order has.
    Instruments are numbered in the order of `list_instrument`. `next_due_ns` is the earliest
    time at which `advance` has something to do (an order or report on its way), else `NEVER_NS`;
    `working` is how many orders could be matched by market rows: at 0 the engine may skip the
    row's call. `noting` of these are no orders, and only note the last trade: while no others are
    there, the engine may tell the last of many trades alone. Prices and quantities are units of
    the instrument.

    >>> venue = VenueModel()
    >>> venue.next_due_ns == NEVER_NS, venue.working, venue.reports
    (True, 0, [])
    """

    __slots__ = ("next_due_ns", "noting", "reports", "working")

    def __init__(self) -> None:
        self.reports: list[Report | Acceptance | Execution] = []
        self.next_due_ns = NEVER_NS
        self.working = 0
        self.noting = 0

    def take_reports(self) -> list[Report]:
        """The reports so far, all of them as messages, for callers outside of an engine."""
        reports, self.reports = self.reports, []
        return [
            report.message() if isinstance(report, Acceptance | Execution) else report
            for report in reports
        ]

    def list_instrument(self, instrument: Instrument) -> None:
        """The next instrument in number; a new version of one keeps its number."""

    def rename_instrument(self, former: str, instrument: Instrument) -> None:
        """An instrument goes on under another id, with its number."""

    def on_listing(self, event: InstrumentListed | InstrumentRenamed) -> None:
        """An instrument was listed or renamed."""
        if isinstance(event, InstrumentRenamed):
            self.rename_instrument(event.former, event.instrument)
        else:
            self.list_instrument(event.instrument)

    def advance(self, time_ns: int) -> None:
        """Do what is due up to and including time_ns: arrivals of orders, late reports."""

    def on_bar_opened(self, instrument: int, time_ns: int, price: int) -> None:
        """The first price of a bar."""

    def on_bar(
        self,
        instrument: int,
        time_ns: int,
        open_price: int,
        high: int,
        low: int,
        close: int,
        volume: int,
    ) -> None:
        """The whole bar at its close; `on_bar_opened` has told its first price before."""

    def on_trade(self, instrument: int, time_ns: int, price: int, size: int, side: int) -> None:
        """A public trade; side +1 where the aggressor bought, -1 sold, 0 unknown."""

    def on_quote(
        self, instrument: int, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int
    ) -> None:
        """Best bid and ask; a price of 0 says that the side is absent."""

    def on_depth(
        self, instrument: int, time_ns: int, side: int, price: int, size: int, flags: int
    ) -> None:
        """One depth row (see `model.columns` for size and flags)."""

    def submit(
        self,
        time_ns: int,
        order_id: str,
        instrument: int,
        side: int,
        quantity: int,
        order_type: int,
        limit_price: int,
        stop_price: int,
        time_in_force: int,
        flags: int,
        expire_time_ns: int,
    ) -> None:
        """A new order left us at time_ns."""

    def cancel(self, time_ns: int, order_id: str) -> None:
        """A cancel left us at time_ns."""

    def amend(
        self, time_ns: int, order_id: str, quantity: int, limit_price: int, number: int = 0
    ) -> None:
        """An amend left us at time_ns; quantity is the new total, limit_price 0 keeps it.

        The answer gives the number back.
        """
