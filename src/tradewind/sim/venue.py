"""The simulated venue: takes orders, matches them against market data, reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from tradewind.core.venue_model import NEVER_NS, VenueModel
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.sim import fees as fee_models
from tradewind.sim import latency as latency_models
from tradewind.sim import queue_position as queue_models
from tradewind.sim import slippage as slippage_models
from tradewind.sim.bar_matching import NEXT_CLOSE, NEXT_OPEN, SIGNAL_CLOSE, BarMatching
from tradewind.sim.depth_matching import DepthMatching
from tradewind.sim.fees import FeeModel
from tradewind.sim.latency import LatencyModel
from tradewind.sim.listing import Listing
from tradewind.sim.matching import BARS, DEPTH, QUOTES, Matching
from tradewind.sim.order import WorkingOrder, new_order
from tradewind.sim.order_entry import OrderEntry, auction_ns
from tradewind.sim.queue_position import QueueModel
from tradewind.sim.quote_matching import QuoteMatching
from tradewind.sim.rates import parse_rate
from tradewind.sim.reporting import Reporting
from tradewind.sim.slippage import SlippageModel

FILL_RULES = {"next_open": NEXT_OPEN, "next_close": NEXT_CLOSE, "signal_close": SIGNAL_CLOSE}
TOUCH_RULES = {"through": 0, "touch": 1}
EXCESS_RULES = {"wait": 0, "slip": 1}


class SimulatedVenue(VenueModel):
    """A venue that fills orders from market data; the same calls give the same reports.

    Of each instrument the finest data that ever came decides, coarser data is passed over:
    depth, then quotes (trades are used with both, or alone), then bars. `BarMatching`,
    `QuoteMatching` and `DepthMatching` state their rules.

    `fill` says when a market order fills on bars: "next_open", "next_close" or "signal_close"
    (the close that the strategy has just seen: optimistic, for comparisons). `touch` says
    whether a price that only reaches a resting limit fills it ("touch") or must go beyond it
    ("through", the default, since others may stand in front). `queue` says how cancels of
    others move our resting orders, `excess` what a market order does with more than is quoted:
    "wait" for the next quote, or "slip" and fill whole. `participation` is the share of
    a bar's volume that our orders may be, as "0.1". `session_closes_ns` are the times at which
    DAY orders end; without them (and behind the last) it is the close of the instrument's
    calendar, or midnight UTC. `seed` is for models that draw and have no seed of their own.

    >>> from tradewind.model.instruments import Instrument
    >>> from tradewind.model.orders import OrderType, Side
    >>> venue = SimulatedVenue(fees=fee_models.percent("0.001"))
    >>> venue.list_instrument(Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD"))
    >>> venue.submit(5, "j0-cross-1", 0, Side.BUY, 10, OrderType.MARKET, 0, 0, 1, 0, 0)
    >>> venue.on_bar_opened(0, 9, 10000)
    >>> accepted, filled = venue.take_reports()
    >>> accepted.time_ns, filled.time_ns
    (5, 9)
    >>> filled.price, filled.fee  # 0.1 % of 1000.00 in 10^-6
    (10000, 1000000)
    """

    __slots__ = (
        "arrivals",
        "bar_options",
        "command_count",
        "entry",
        "latency",
        "listing_ids",
        "matchings",
        "next_arrival_ns",
        "quote_options",
        "reporting",
        "slippage",
    )

    def __init__(
        self,
        *,
        fees: FeeModel | None = None,
        slippage: SlippageModel | None = None,
        latency: LatencyModel | None = None,
        fill: str = "next_open",
        touch: str = "through",
        participation: str | None = None,
        queue: QueueModel | None = None,
        excess: str = "wait",
        session_closes_ns: Sequence[int] = (),
        seed: int = 0,
    ) -> None:
        VenueModel.__init__(self)
        self.latency = (latency or latency_models.none()).seeded(seed)
        self.slippage = slippage or slippage_models.none()
        self.reporting = Reporting(self, fees or fee_models.none(), self.latency)
        self.bar_options = (
            chosen("fill", fill, FILL_RULES),
            chosen("touch", touch, TOUCH_RULES),
            checked_participation(participation),
            0 if self.latency.is_instant else 1,
        )
        self.quote_options = (
            queue or queue_models.conservative(),
            chosen("touch", touch, TOUCH_RULES),
            chosen("excess", excess, EXCESS_RULES),
        )
        self.matchings: list[Matching] = []
        self.entry = OrderEntry(self.reporting, self.matchings, session_closes_ns)
        self.listing_ids: dict[str, int] = {}
        self.arrivals: deque[tuple[int, str, tuple[Any, ...]]] = deque()
        self.command_count = 0
        self.next_arrival_ns = NEVER_NS

    # --- instruments and time ----------------------------------------------------------------

    def list_instrument(self, instrument: Instrument) -> None:
        """The next instrument in number; a new version of one keeps its number."""
        index = self.listing_ids.setdefault(instrument.id, len(self.matchings))
        if index < len(self.matchings):
            matching = self.matchings[index]
            matching.listing.set_terms(instrument)
            matching.relist()
            return
        matching = Matching(Listing(instrument), self.reporting, self.slippage)
        self.matchings.append(matching)
        self.working += matching.needs_rows

    def rename_instrument(self, former: str, instrument: Instrument) -> None:
        """Another id for an instrument that keeps its number."""
        self.listing_ids[instrument.id] = self.listing_ids.pop(former)
        self.list_instrument(instrument)

    def advance(self, time_ns: int) -> None:
        """Do what is due up to and including time_ns: arrivals, expiries, late reports.

        An order works through its expire time: it expires with the first row at or behind it,
        but a bar that closes then still counts, as its prices came before.
        """
        while self.next_arrival_ns <= time_ns:
            due_ns, verb, command = self.arrivals.popleft()
            self.next_arrival_ns = self.arrivals[0][0] if self.arrivals else NEVER_NS
            self.entry.expire_before(due_ns)
            getattr(self.entry, verb)(due_ns, *command)
        self.entry.expire_before(time_ns)
        self.settle(time_ns)

    def settle(self, time_ns: int) -> None:
        """Hand over the reports due by now; see when something is due next."""
        if self.reporting.next_due_ns <= time_ns:
            self.reporting.deliver(time_ns)
        due_ns = min(self.next_arrival_ns, self.reporting.next_due_ns)
        if self.entry.expiry.next_ns < due_ns:
            due_ns = self.entry.expiry.next_ns + 1
        self.next_due_ns = due_ns

    # --- market rows -------------------------------------------------------------------------

    def on_bar_opened(self, instrument: int, time_ns: int, price: int) -> None:
        """The first price of a bar."""
        matching = self.matching_of(instrument, BARS)
        self.catch_up(time_ns)
        if matching.kind == BARS:
            matching.on_bar_opened(time_ns, price)
            self.settle(time_ns)

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
        matching = self.matching_of(instrument, BARS)
        if self.next_due_ns <= time_ns:
            self.advance(time_ns)
        if matching.kind == BARS:
            matching.on_bar(time_ns, open_price, high, low, close, volume)
            self.settle(time_ns)

    def on_trade(self, instrument: int, time_ns: int, price: int, size: int, side: int) -> None:
        """A public trade; side +1 where the aggressor bought, -1 sold, 0 unknown."""
        matching = self.matching_of(instrument, QUOTES)
        if self.is_quiet(time_ns):
            matching.on_trade(time_ns, price, size, side)
            return
        self.catch_up(time_ns)
        matching.on_trade(time_ns, price, size, side)
        self.settle(time_ns)

    def on_quote(
        self, instrument: int, time_ns: int, bid: int, bid_size: int, ask: int, ask_size: int
    ) -> None:
        """Best bid and ask; a price of 0 says that the side is absent."""
        matching = self.matching_of(instrument, QUOTES)
        is_quiet = self.is_quiet(time_ns)
        if not is_quiet:
            self.catch_up(time_ns)
        if matching.kind == QUOTES:
            matching.on_quote(time_ns, bid, bid_size, ask, ask_size)
            if not is_quiet:
                self.settle(time_ns)

    def on_depth(
        self, instrument: int, time_ns: int, side: int, price: int, size: int, flags: int
    ) -> None:
        """One depth row (see `model.columns` for size and flags)."""
        matching = self.matching_of(instrument, DEPTH)
        if self.is_quiet(time_ns):
            matching.on_depth(time_ns, side, price, size, flags)
            return
        self.catch_up(time_ns)
        matching.on_depth(time_ns, side, price, size, flags)
        self.settle(time_ns)

    def is_quiet(self, time_ns: int) -> bool:
        """Whether no order works and nothing is due: a row can only be noted."""
        return time_ns < self.next_due_ns and not self.reporting.open_orders

    def catch_up(self, time_ns: int) -> None:
        """Do what is due before a price of this very time."""
        if self.next_due_ns <= time_ns:
            self.advance(time_ns)
        if self.entry.expiry.next_ns <= time_ns:
            self.entry.expire_before(time_ns + 1)

    def matching_of(self, instrument: int, kind: int) -> Matching:
        """The matching of an instrument, made finer where finer data than ever before comes."""
        matching: Matching = self.matchings[instrument]
        if matching.kind >= kind:
            return matching
        finer = self.new_matching(matching.listing, kind)
        finer.take_over(matching)
        self.matchings[instrument] = finer
        self.working += finer.needs_rows - matching.needs_rows
        self.noting += finer.notes_last - matching.notes_last
        return finer

    def new_matching(self, listing: Listing, kind: int) -> Matching:
        """A matching for a kind of market data."""
        if kind == BARS:
            return BarMatching(listing, self.reporting, self.slippage, *self.bar_options)
        if kind == QUOTES:
            return QuoteMatching(listing, self.reporting, self.slippage, *self.quote_options)
        return DepthMatching(listing, self.reporting, self.slippage, *self.quote_options)

    # --- commands as they leave us -----------------------------------------------------------

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
        if self.latency.is_instant:
            self.entry.submit(
                time_ns, order_id, instrument, side, quantity, order_type,
                limit_price, stop_price, time_in_force, flags, expire_time_ns,
            )  # fmt: skip
            self.settle(time_ns)
            return
        order = (
            order_id, instrument, side, quantity, order_type,
            limit_price, stop_price, time_in_force, flags, expire_time_ns,
        )  # fmt: skip
        self.send(time_ns, "submit", order)

    def cancel(self, time_ns: int, order_id: str) -> None:
        """A cancel left us at time_ns."""
        if self.latency.is_instant:
            self.entry.cancel(time_ns, order_id)
        else:
            self.send(time_ns, "cancel", (order_id,))

    def amend(
        self, time_ns: int, order_id: str, quantity: int, limit_price: int, number: int = 0
    ) -> None:
        """An amend left us at time_ns; quantity is the new total, limit_price 0 keeps it.

        The answer gives the number back.
        """
        if self.latency.is_instant:
            self.entry.amend(time_ns, order_id, quantity, limit_price, number)
        else:
            self.send(time_ns, "amend", (order_id, quantity, limit_price, number))

    def send(self, time_ns: int, verb: str, command: tuple[Any, ...]) -> None:
        """Put a command on its way; it does not overtake those before it."""
        due_ns = time_ns + self.latency.order_ns(time_ns, self.command_count)
        self.command_count += 1
        if self.arrivals:
            due_ns = max(due_ns, self.arrivals[-1][0])
        else:
            self.next_arrival_ns = due_ns
        self.arrivals.append((due_ns, verb, command))
        self.settle(time_ns)

    # --- beside the loop ---------------------------------------------------------------------

    def adopt(
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
        filled_quantity: int,
    ) -> None:
        """Work an order that a venue before this one worked, without a report.

        time_ns is when the order came first (DAY orders end by it). It goes behind all others;
        a stop that was triggered must be triggered again.
        """
        order = new_order(
            order_id, instrument, side, quantity, order_type,
            limit_price, stop_price, time_in_force, flags,
        )  # fmt: skip
        order.filled_quantity = filled_quantity
        self.reporting.register(order)
        matching = self.matchings[instrument]
        self.entry.expiry.add(order, time_ns, time_in_force, expire_time_ns, matching.listing)
        if order.auction:
            order.auction_ns = auction_ns(matching.listing, order.auction, time_ns)
        matching.rest(order)
        self.settle(time_ns)

    def open_orders(self) -> list[WorkingOrder]:
        """The orders the venue works, the oldest first: for tests and displays, to be read."""
        return list(self.reporting.open_orders.values())

    def terms(self, order_id: str) -> tuple[int, int, int] | None:
        """Quantity and limit price of an open order, and how many amendments are on their way.

        None where the venue does not work it.
        """
        order = self.reporting.open_orders.get(order_id)
        if order is None:
            return None
        coming = [one for one in self.arrivals if one[1] == "amend" and one[2][0] == order_id]
        return order.quantity, order.limit_price, len(coming)

    def halt(self, instrument: int, reason: str) -> None:
        """Refuse new orders and amendments of an instrument; cancels are still taken.

        >>> venue = SimulatedVenue()
        >>> venue.list_instrument(Instrument("GOOG.SIM", currency="USD"))
        >>> venue.halt(0, "trading in GOOG is halted")
        >>> venue.submit(5, "j0-cross-1", 0, 1, 10, 1, 0, 0, 1, 0, 0)
        >>> venue.reports[0].reason
        'trading in GOOG is halted'
        """
        self.matchings[instrument].listing.halted = reason

    def resume(self, instrument: int) -> None:
        """Take new orders of an instrument again."""
        self.matchings[instrument].listing.halted = ""


def chosen(name: str, word: str, rules: dict[str, int]) -> int:
    """The number of a rule by its word.

    >>> chosen("fill", "next_close", FILL_RULES)
    2
    """
    if word not in rules:
        raise UserError(f"{name}={word!r} is not known: use one of {', '.join(rules)}")
    return rules[word]


def checked_participation(text: str | None) -> int:
    """A share of a bar's volume in 10^-9; 0 where no cap is asked for.

    >>> checked_participation("0.1"), checked_participation(None)
    (100000000, 0)
    """
    if text is None:
        return 0
    participation = parse_rate(text)
    if participation <= 0:
        raise UserError(f"a participation of {text} is refused: use more than 0, as '0.1'")
    return participation
