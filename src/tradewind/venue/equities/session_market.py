"""A market with sessions: the generated one while it is open, its past, and what was printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from tradewind.model.errors import UserError
from tradewind.venue.accounts import Account
from tradewind.venue.book import Book
from tradewind.venue.equities.calendar import DAY_NS, current_session, new_york_ns
from tradewind.venue.equities.tape import Tape, TapeQuote, TapeTrade
from tradewind.venue.equities.universe import SECURITIES, Security
from tradewind.venue.events import OrderEvent, PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.listing import Listing
from tradewind.venue.market_source import GeneratedMarket, StillMarket
from tradewind.venue.options import VenueOptions
from tradewind.venue.orders import BUY, SELL

PAST_NS = 60 * 1_000_000_000
"""The running market is begun a minute early, so that there is a book at the start."""
Levels = Iterable[tuple[int, Decimal, Decimal]]


class Gate:
    """Stands for the exchange before a generated market: what comes while closed is dropped."""

    def __init__(self, exchange: Exchange, securities: Mapping[str, Security]) -> None:
        self._exchange = exchange
        self._securities = securities
        self.is_starting = True

    @property
    def books(self) -> dict[str, Book]:
        """The exchange's books."""
        return self._exchange.books

    def on_depth(self, symbol: str, levels: Levels, time_ns: int) -> None:
        """Levels of the market; the first ones make the book that the venue begins with."""
        if self.is_starting or is_trading(self._securities[symbol], time_ns):
            self._exchange.on_depth(symbol, levels, time_ns)

    def on_trade(self, trade: PublicTrade) -> None:
        """A trade of the market; what was before the start is told by the tape's past."""
        if not self.is_starting and is_trading(self._securities[trade.symbol], trade.time_ns):
            self._exchange.on_trade(trade)


def is_trading(security: Security, time_ns: int) -> bool:
    """True in a session, extended hours included, and at all times for what never closes."""
    return security.is_continuous or current_session(time_ns) is not None


class SessionMarket:
    """Market source and listener in one: gives the exchange its market, writes the tapes.

    `on_print` and `on_quote` are told what the public sees, as it happens.
    """

    def __init__(
        self,
        *,
        seed: int,
        venue: str,
        days: int,
        speed: float = 1.0,
        securities: Mapping[str, Security] = SECURITIES,
        still: bool = False,
    ) -> None:
        self._is_still = still
        self._securities = securities
        self._seed = seed
        self._venue = venue
        self._days = days
        self._speed = speed
        self._market: GeneratedMarket | StillMarket | None = None
        self._gate: Gate | None = None
        self._exchange: Exchange | None = None
        self.tapes: dict[str, Tape] = {}
        self.on_print: Callable[[Tape, TapeTrade], None] = ignore
        self.on_quote: Callable[[Tape, TapeQuote], None] = ignore

    def start(self, exchange: Exchange, now_ns: int) -> None:
        """Make the past, then the market that goes on from its last prices."""
        self._exchange = exchange
        self.tapes = {
            security.symbol: Tape(security, self._seed, start_ns=now_ns, days=self._days)
            for security in self._securities.values()
        }
        traded = listings(self._securities)
        self._market = (
            StillMarket(traded)
            if self._is_still
            else GeneratedMarket(
                traded, seed=self._seed, venue=self._venue, speed=self._speed, past_ns=PAST_NS
            )
        )
        self._gate = Gate(exchange, self._securities)
        exchange.voice.listeners.append(self)
        self._market.start(self._gate, now_ns)  # type: ignore[arg-type]
        self._gate.is_starting = False
        for symbol, tape in self.tapes.items():
            if symbol in exchange.books and tape.last_price:
                exchange.books[symbol].last_price = price_of(tape.security, tape.last_price)

    def advance(self, exchange: Exchange, now_ns: int) -> None:
        """Hand over what happened until now."""
        assert self._market is not None
        assert self._gate is not None
        self._market.advance(self._gate, now_ns)  # type: ignore[arg-type]

    def close_before(self, symbol: str, day: date) -> float:
        """The last price of the past before a day; 0 where there is none."""
        tape = self.tapes.get(symbol)
        if tape is None:
            return 0.0
        day_ns = new_york_ns(day, 0)
        past = tape.past.between(day_ns - 5 * DAY_NS, day_ns)
        return float(past.close[-1]) / 10.0**tape.security.price_digits if len(past) else 0.0

    # --- what the exchange tells -------------------------------------------------------------

    def on_trade(self, trade: PublicTrade) -> None:
        """Write a trade down."""
        tape = self.tapes[trade.symbol]
        side = SELL if trade.is_buyer_maker else BUY
        row = tape.add_trade(
            trade.time_ns,
            units_of(trade.price, tape.security.price_digits),
            units_of(trade.quantity, tape.security.quantity_digits),
            side,
        )
        self.on_print(tape, row)

    def on_book(self, symbol: str, time_ns: int) -> None:
        """Write the best prices down where they changed; while closed nothing is quoted."""
        assert self._exchange is not None
        tape = self.tapes[symbol]
        if not is_trading(tape.security, time_ns):
            return
        quote = best_of(self._exchange.books[symbol], tape.security, time_ns)
        if tape.quotes and msgspec.structs.astuple(tape.quotes[-1])[1:] == (
            quote.bid, quote.bid_size, quote.ask, quote.ask_size,
        ):  # fmt: skip
            return
        tape.add_quote(quote)
        if not (self._gate and self._gate.is_starting):
            self.on_quote(tape, quote)

    def on_order(self, event: OrderEvent) -> None:
        """Nothing: what orders do to the public shows as trades and quotes."""

    def on_balances(self, account: Account, assets: tuple[str, ...], time_ns: int) -> None:
        """Nothing."""


def ignore(tape: Tape, row: object) -> None:
    """Nobody listens."""


def listing_of(security: Security) -> Listing:
    """How the exchange lists a security; lots are those of public trades."""
    base, _, _ = security.symbol.partition("/")
    return Listing(
        security.symbol,
        base,
        "USD",
        tick=Decimal(security.tick),
        lot=Decimal(security.print_lot),
        parameters=security.character,
        kind="spot" if security.is_continuous else "equity",
    )


def listings(securities: Mapping[str, Security] = SECURITIES) -> list[Listing]:
    """Every security that is traded, as the exchange lists it."""
    return [listing_of(security) for security in securities.values() if security.is_active]


def best_of(book: Book, security: Security, time_ns: int) -> TapeQuote:
    """The best prices of a book in units; 0 where a side is empty."""
    bid, ask = book.best(BUY), book.best(SELL)
    return TapeQuote(
        time_ns,
        units_of(bid[0], security.price_digits) if bid else 0,
        units_of(bid[1], security.quantity_digits) if bid else 0,
        units_of(ask[0], security.price_digits) if ask else 0,
        units_of(ask[1], security.quantity_digits) if ask else 0,
    )


def refuse_replay(options: VenueOptions) -> None:
    """These venues have no captures to play."""
    if options.replay is not None:
        raise UserError("--replay is not served by this venue: leave it out, or take binance")


def units_of(number: Decimal, digits: int) -> int:
    """A number in units of 10^-digits; what is finer is cut off.

    >>> units_of(Decimal("220.01"), 4)
    2200100
    """
    return int(number.scaleb(digits))


def price_of(security: Security, units: int) -> Decimal:
    """A price as a number."""
    return Decimal(units).scaleb(-security.price_digits)
