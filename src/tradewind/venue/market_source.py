"""Where the local venue's market comes from: the seeded generator, or a capture (a protocol's)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

import msgspec

from tradewind.model.columns import DEPTH_LAST, DEPTH_SNAPSHOT, Columns
from tradewind.sim.market import MarketGenerator
from tradewind.venue.events import PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.listing import Listing
from tradewind.venue.options import VenueOptions
from tradewind.venue.orders import BUY, SELL

HISTORY_NS = 600 * 1_000_000_000
"""How much of the market's past is made at the start: ten minutes of trades."""


class MarketSource(Protocol):
    """Gives the exchange its market, as far as a time."""

    def start(self, exchange: Exchange, now_ns: int) -> None:
        """Bring the exchange to where the market stands now."""

    def advance(self, exchange: Exchange, now_ns: int) -> None:
        """Hand over what happened until now."""

    def begin(self, now_ns: int) -> None:
        """Somebody listens: a recorded market begins now, others run already."""

    def time_ns(self, now_ns: int) -> int:
        """What time it is in the market."""

    def describe(self) -> dict[str, Any]:
        """What it is and how far it is, for the operator."""


class StillMarket:
    """A market that never moves: for learning and for tests of what an order does.

    Ten levels a side around each listing's start price, 10 of the base asset at each, one
    hundredth of a percent apart; one trade has happened.
    """

    LEVELS = 10
    SIZE = Decimal(10)
    GAP = Decimal("0.0001")

    def __init__(self, listings: Iterable[Listing]) -> None:
        self._listings = tuple(listings)

    def start(self, exchange: Exchange, now_ns: int) -> None:
        """Set up the books."""
        for listing in self._listings:
            centre = Decimal(repr(listing.parameters.start_price))
            levels = [
                (side, self._price(listing, centre, side, step), self.SIZE)
                for side in (BUY, SELL)
                for step in range(1, self.LEVELS + 1)
            ]
            trade = PublicTrade(
                0, listing.symbol, centre, listing.lot, now_ns, is_buyer_maker=False
            )
            exchange.on_trade(trade)
            exchange.on_depth(listing.symbol, levels, now_ns)

    def _price(self, listing: Listing, centre: Decimal, side: int, step: int) -> Decimal:
        steps = (centre * self.GAP * step / listing.tick).to_integral_value("ROUND_CEILING")
        return centre - side * steps * listing.tick

    def advance(self, exchange: Exchange, now_ns: int) -> None:
        """Nothing happens."""

    def begin(self, now_ns: int) -> None:
        """It stands."""

    def time_ns(self, now_ns: int) -> int:
        """The venue's time."""
        return now_ns

    def describe(self) -> dict[str, Any]:
        """What it is."""
        return {"market": "still"}


class GeneratedMarket:
    """The seeded generator as a market; `speed` 10 makes ten seconds of market in one.

    What makes the generator's data bad or lost is off: that would be between venue and client.
    The past that is made at the start reaches back `past_ns`.
    """

    def __init__(
        self,
        listings: Iterable[Listing],
        *,
        seed: int,
        venue: str,
        speed: float = 1.0,
        past_ns: int = HISTORY_NS,
    ) -> None:
        self._seed = seed
        self._past_ns = past_ns
        self._speed = speed
        self._symbols: dict[str, str] = {}
        self._parameters = {}
        self._instruments = []
        for listing in listings:
            instrument = listing.instrument(venue)
            self._symbols[instrument.id] = listing.symbol
            self._instruments.append(instrument)
            self._parameters[instrument.id] = msgspec.structs.replace(
                listing.parameters,
                halts_per_day=0.0,
                lost_updates_per_day=0.0,
                bad_rows_per_million=0.0,
            )
        self._generator: MarketGenerator | None = None
        self._start_ns = 0

    def start(self, exchange: Exchange, now_ns: int) -> None:
        """Make the past: all its trades, and of its depth what makes the book of now."""
        self._start_ns = now_ns
        self._generator = MarketGenerator(
            self._instruments, self._seed, now_ns - self._past_ns, self._parameters
        )
        for columns in self._generator.advance(now_ns):
            symbol = self._symbols[columns.instrument.id]
            if columns.kind == "trades":
                for trade in _trades(columns, symbol):
                    exchange.on_trade(trade)
            elif columns.kind == "depth":
                for event in _depth_events(_from_last_snapshot(columns)):
                    _apply(exchange, symbol, event)

    def advance(self, exchange: Exchange, now_ns: int) -> None:
        """Hand over the rows until now, depth and trades of a listing in their order."""
        assert self._generator is not None
        market_ns = self._start_ns + int((now_ns - self._start_ns) * self._speed)
        batches = self._generator.advance(market_ns)
        for instrument in self._instruments:
            mine = [batch for batch in batches if batch.instrument is instrument]
            self._hand_over(exchange, self._symbols[instrument.id], mine)

    def begin(self, now_ns: int) -> None:
        """It runs already."""

    def time_ns(self, now_ns: int) -> int:
        """The venue's time."""
        return now_ns

    def describe(self) -> dict[str, Any]:
        """What it is."""
        return {"market": "generated", "seed": self._seed, "speed": self._speed}

    def _hand_over(self, exchange: Exchange, symbol: str, batches: list[Columns]) -> None:
        rows: list[DepthEvent | PublicTrade] = []
        for columns in batches:  # stable: at equal times depth stays before trades
            if columns.kind == "depth":
                rows += _depth_events(columns)
            elif columns.kind == "trades":
                rows += _trades(columns, symbol)
        for row in sorted(rows, key=_time_of):
            venue_ns = self._start_ns + int((row.time_ns - self._start_ns) / self._speed)
            if isinstance(row, PublicTrade):
                exchange.on_trade(row._replace(time_ns=venue_ns))
            else:
                _apply(exchange, symbol, row._replace(time_ns=venue_ns))


def chosen_market(
    options: VenueOptions, listings: Iterable[Listing], venue: str
) -> StillMarket | GeneratedMarket:
    """The market that a user's options ask for, where it is not a replay."""
    if options.still:
        return StillMarket(listings)
    return GeneratedMarket(listings, seed=options.seed, venue=venue, speed=options.speed)


class DepthEvent(NamedTuple):
    """Levels that changed together: (side, price, absolute size) each."""

    levels: list[tuple[int, Decimal, Decimal]]
    is_snapshot: bool
    time_ns: int


def _time_of(row: DepthEvent | PublicTrade) -> int:
    return row.time_ns


def _apply(exchange: Exchange, symbol: str, event: DepthEvent) -> None:
    """Give the exchange an event; of a snapshot also the levels that are in it no more."""
    levels = event.levels
    if event.is_snapshot:
        stated = {(side, price) for side, price, _ in levels}
        gone = [
            (side, price, Decimal(0))
            for side, ladder in exchange.books[symbol].sides.items()
            for price in ladder.prices()
            if (side, price) not in stated and ladder.levels[price].market
        ]
        levels = gone + levels
    exchange.on_depth(symbol, levels, event.time_ns)


def _trades(columns: Columns, symbol: str) -> Iterator[PublicTrade]:
    price_digits = columns.instrument.price_digits
    quantity_digits = columns.instrument.quantity_digits
    for time_ns, price, size, side in zip(*(c.tolist() for c in columns.required()), strict=True):
        yield PublicTrade(
            0,
            symbol,
            Decimal(price).scaleb(-price_digits),
            Decimal(size).scaleb(-quantity_digits),
            time_ns,
            side != BUY,
        )


def _depth_events(columns: Columns) -> Iterator[DepthEvent]:
    """The rows of each event together."""
    price_digits = columns.instrument.price_digits
    quantity_digits = columns.instrument.quantity_digits
    levels: list[tuple[int, Decimal, Decimal]] = []
    for time_ns, side, price, size, flags in zip(
        *(c.tolist() for c in columns.required()), strict=True
    ):
        scaled = Decimal(price).scaleb(-price_digits), Decimal(size).scaleb(-quantity_digits)
        levels.append((side, *scaled))
        if flags & DEPTH_LAST:
            yield DepthEvent(levels, bool(flags & DEPTH_SNAPSHOT), time_ns)
            levels = []


def _from_last_snapshot(columns: Columns) -> Columns:
    """The rows from the last event that states the whole book."""
    flags = columns["flags"].tolist()
    last = max((row for row, flag in enumerate(flags) if flag & DEPTH_SNAPSHOT), default=0)
    while last and flags[last - 1] & DEPTH_SNAPSHOT and not flags[last - 1] & DEPTH_LAST:
        last -= 1
    return columns.cut(last)
