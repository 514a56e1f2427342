"""Several simulated venues as one: each with its own fees, latency and matching."""

from __future__ import annotations

from collections.abc import Mapping

from tradewind.core.venue_model import NEVER_NS, VenueModel
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.sim.venue import SimulatedVenue

ORDERS_KNOWN_MAX = 200_000
"""Orders of which it is known where they went; beyond it the oldest is forgotten."""


class VenueGroup(VenueModel):
    """Hands every row and command to the venue of its instrument, by the venue's name.

    >>> group = VenueGroup({"AAA": SimulatedVenue(), "BBB": SimulatedVenue()})
    >>> group.list_instrument(Instrument("X/USD.BBB", tick="0.01", lot="1"))
    >>> group.submit(5, "j0-x-1", 0, 1, 10, 1, 0, 0, 1, 0, 0)
    >>> group.on_trade(0, 9, 10000, 50, 0)
    >>> [type(report).__name__ for report in group.take_reports()]
    ['OrderAccepted', 'OrderFilled']
    """

    __slots__ = ("numbers", "orders", "places", "venues")

    def __init__(self, venues: Mapping[str, SimulatedVenue]) -> None:
        VenueModel.__init__(self)
        self.venues = dict(venues)
        self.places: list[tuple[SimulatedVenue, int]] = []
        self.numbers: dict[str, int] = {}
        self.orders: dict[str, SimulatedVenue] = {}

    def list_instrument(self, instrument: Instrument) -> None:
        """The next instrument in number, at the venue that its id names."""
        venue = self.venues.get(instrument.venue)
        if venue is None:
            known = ", ".join(self.venues)
            raise UserError(f"{instrument.id}: there is no venue {instrument.venue}, only {known}")
        venue.list_instrument(instrument)
        if instrument.id not in self.numbers:
            number = sum(each is venue for each, _ in self.places)
            self.numbers[instrument.id] = len(self.places)
            self.places.append((venue, number))
        self.gather(venue)

    def rename_instrument(self, former: str, instrument: Instrument) -> None:
        """An instrument goes on under another id, at its venue."""
        place = self.numbers[instrument.id] = self.numbers.pop(former)
        venue = self.places[place][0]
        venue.rename_instrument(former, instrument)
        self.gather(venue)

    def advance(self, time_ns: int) -> None:
        """Let each venue do what is due; reports come in the order of the venues."""
        for venue in self.venues.values():
            if venue.next_due_ns <= time_ns:
                venue.advance(time_ns)
            self.gather(venue)

    def gather(self, venue: SimulatedVenue) -> None:
        """Take the reports of a venue, and see what all of them have to do."""
        if venue.reports:
            self.reports.extend(venue.reports)
            venue.reports.clear()
        self.working = sum(each.working for each in self.venues.values())
        self.noting = sum(each.noting for each in self.venues.values())
        dues = [each.next_due_ns for each in self.venues.values()]
        self.next_due_ns = min(dues, default=NEVER_NS)

    # --- market rows -------------------------------------------------------------------------

    def on_bar_opened(self, instrument: int, time_ns: int, price: int) -> None:
        """The first price of a bar."""
        venue, number = self.places[instrument]
        venue.on_bar_opened(number, time_ns, price)
        self.gather(venue)

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
        """The whole bar at its close."""
        venue, number = self.places[instrument]
        venue.on_bar(number, time_ns, open_price, high, low, close, volume)
        self.gather(venue)

    def on_trade(self, instrument: int, time_ns: int, price: int, size: int, side: int) -> None:
        """A public trade."""
        venue, number = self.places[instrument]
        venue.on_trade(number, time_ns, price, size, side)
        self.gather(venue)

    def on_quote(
        self, instrument: int, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int
    ) -> None:
        """Best bid and ask."""
        venue, number = self.places[instrument]
        venue.on_quote(number, time_ns, bid, bid_size, ask, ask_size)
        self.gather(venue)

    def on_depth(
        self, instrument: int, time_ns: int, side: int, price: int, size: int, flags: int
    ) -> None:
        """One depth row."""
        venue, number = self.places[instrument]
        venue.on_depth(number, time_ns, side, price, size, flags)
        self.gather(venue)

    # --- commands ----------------------------------------------------------------------------

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
        """A new order left us, to the venue of its instrument."""
        venue, number = self.places[instrument]
        self.orders[order_id] = venue
        if len(self.orders) > ORDERS_KNOWN_MAX:
            del self.orders[next(iter(self.orders))]
        venue.submit(
            time_ns, order_id, number, side, quantity, order_type,
            limit_price, stop_price, time_in_force, flags, expire_time_ns,
        )  # fmt: skip
        self.gather(venue)

    def cancel(self, time_ns: int, order_id: str) -> None:
        """A cancel left us, to where the order went."""
        venue = self.venue_of(order_id)
        venue.cancel(time_ns, order_id)
        self.gather(venue)

    def amend(
        self, time_ns: int, order_id: str, quantity: int, limit_price: int, number: int = 0
    ) -> None:
        """An amend left us, to where the order went."""
        venue = self.venue_of(order_id)
        venue.amend(time_ns, order_id, quantity, limit_price, number)
        self.gather(venue)

    def venue_of(self, order_id: str) -> SimulatedVenue:
        """Where an order went; one that is not known, the first refuses."""
        return self.orders.get(order_id) or next(iter(self.venues.values()))
