"""What the data streams of the Alpaca venue are fed with: trades, quotes, bars, books, halts."""

from __future__ import annotations

from decimal import Decimal

from tradewind.venue.alpaca.data_payloads import TAPE, bar_row, quote_row, trade_row
from tradewind.venue.alpaca.data_stream import DataStream, Subscriber
from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.frames import Item
from tradewind.venue.equities.bars import bars_between
from tradewind.venue.equities.calendar import DAY_NS, MINUTE_NS
from tradewind.venue.equities.tape import Tape, TapeQuote, TapeTrade
from tradewind.venue.equities.timeframe import Timeframe
from tradewind.venue.equities.universe import SECURITIES
from tradewind.venue.events import Happened, OrderEvent
from tradewind.venue.orders import BUY, SELL

MINUTE = Timeframe(1, "minute")
DAY = Timeframe(1, "day")
BOOK_LEVELS = 20
STOCK_FEEDS = {"iex": "free", "sip": "paid", "delayed_sip": "free", "boats": "paid",
               "overnight": "paid", "test": "free"}  # fmt: skip
HALTED = {"sc": "H", "sm": "Trading Halt", "rc": "T12", "rm": "Trading Halted; News Pending"}
RESUMED = {"sc": "T", "sm": "Trading Resumption", "rc": "R4", "rm": "Quotation Resumption"}


class BookStream(DataStream):
    """The crypto stream, which has books: all levels first, then what changes."""

    def on_fresh_books(self, subscriber: Subscriber, symbols: list[str]) -> None:
        """Send the whole of each book."""
        now_ns = self._desk.chaos.clock.now_ns()
        rows = [
            Item(book_row(self._desk, symbol, now_ns))
            for symbol in symbols
            if symbol in self._desk.exchange.books
        ]
        if rows:
            subscriber.tell(rows)


class Ticker:
    """Listens to market and exchange, and publishes on both data streams."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.stocks = DataStream(desk, STOCK_FEEDS)
        self.crypto = BookStream(desk, {"us": "free"})
        self._minute_ns = 0
        self._halted: set[str] = set()
        self._changed: dict[str, dict[tuple[int, Decimal], None]] = {}
        for symbol, book in desk.exchange.books.items():
            if SECURITIES[symbol].is_crypto:
                self._changed[symbol] = {}
                book.watchers.append(self._changed[symbol])
        desk.market.on_print = self._on_print
        desk.market.on_quote = self._on_quote
        desk.exchange.voice.listeners.append(self)

    def stream(self, tape: Tape) -> DataStream:
        """The stream that a tape is shown on."""
        return self.crypto if tape.security.is_crypto else self.stocks

    def _on_print(self, tape: Tape, trade: TapeTrade) -> None:
        row = {"T": "t", "S": tape.security.symbol, **trade_row(trade, tape.security)}
        if self._desk.chaos.faults.strikes("wrong-precision"):
            row["p"] = float(f"{row['p']}37")
        self.stream(tape).publish("trades", tape.security.symbol, row)

    def _on_quote(self, tape: Tape, quote: TapeQuote) -> None:
        row = {"T": "q", "S": tape.security.symbol, **quote_row(quote, tape.security)}
        self.stream(tape).publish("quotes", tape.security.symbol, row)

    def tick(self, now_ns: int) -> None:
        """Send what is due."""
        minute_ns = now_ns // MINUTE_NS * MINUTE_NS
        if self._minute_ns and minute_ns > self._minute_ns:
            for tape in self._desk.market.tapes.values():
                self._publish_bars(tape, minute_ns)
        self._minute_ns = minute_ns
        self._publish_books(now_ns)
        self._publish_halts(now_ns)
        self.stocks.flush()
        self.crypto.flush()

    def _publish_bars(self, tape: Tape, minute_ns: int) -> None:
        """The minute that has ended, and the day as it is now."""
        stream, symbol = self.stream(tape), tape.security.symbol
        if not stream.subscribers or not tape.minutes_between(minute_ns - MINUTE_NS, minute_ns):
            return
        for channel, kind, timeframe, back_ns in (
            ("bars", "b", MINUTE, MINUTE_NS),
            ("dailyBars", "d", DAY, DAY_NS),
        ):
            bars = bars_between(
                tape,
                timeframe,
                begin_ns=minute_ns - back_ns,
                end_ns=minute_ns,
                known_ns=minute_ns,
                actions=self._desk.actions,
                adjustment="raw",
            )
            if bars:
                row = {"T": kind, "S": symbol, **bar_row(bars[-1], tape.security)}
                stream.publish(channel, symbol, row)

    def _publish_books(self, now_ns: int) -> None:
        """The levels of crypto books that changed."""
        for symbol, changed in self._changed.items():
            if not changed:
                continue
            book = self._desk.exchange.books[symbol]
            sides: dict[int, list[tuple[Decimal, Decimal]]] = {BUY: [], SELL: []}
            for side, price in changed:
                sides[side].append((price, book.size_at(side, price)))
            changed.clear()
            if self._desk.chaos.faults.strikes("sequence-gap"):
                continue
            row = {"T": "o", "S": symbol, "t": now_ns}
            row |= {"b": levels_of(sides[BUY]), "a": levels_of(sides[SELL])}
            self.crypto.publish("orderbooks", symbol, row)

    def _publish_halts(self, now_ns: int) -> None:
        """Halts that the operator made or lifted."""
        halted = set(self._desk.exchange.halts)
        for symbol in halted ^ self._halted:
            tape = self._desk.market.tapes[symbol]
            words = HALTED if symbol in halted else RESUMED
            row = {"T": "s", "S": symbol, **words, "t": now_ns}
            row["z"] = TAPE.get(tape.security.exchange, "C")
            self.stream(tape).publish("statuses", symbol, row)
        self._halted = halted

    # --- what the exchange tells -------------------------------------------------------------

    def on_order(self, event: OrderEvent) -> None:
        """A fill that was taken back takes its public trade along."""
        if event.what is not Happened.BUSTED or event.fill is None:
            return
        tape = self._desk.market.tapes[event.order.symbol]
        for trade in reversed(tape.trades):
            if trade.time_ns == event.fill.time_ns:
                shown = trade_row(trade, tape.security)
                row = {"T": "x", "S": tape.security.symbol, "a": "C", "t": event.time_ns}
                row |= {name: shown[name] for name in ("i", "p", "s", "x", "z") if name in shown}
                self.stream(tape).publish("cancelErrors", tape.security.symbol, row)
                return

    def on_balances(self, *_: object) -> None:
        """Nothing: that is the account's own business."""

    def on_trade(self, _: object) -> None:
        """Nothing: the market tells of prints."""

    def on_book(self, symbol: str, time_ns: int) -> None:
        """Nothing: books are sent with the tick."""


def book_row(desk: Desk, symbol: str, now_ns: int) -> dict[str, object]:
    """A whole book; it replaces what was known."""
    book = desk.exchange.books[symbol]
    return {
        "T": "o",
        "S": symbol,
        "t": now_ns,
        "b": levels_of(book.levels(BUY, BOOK_LEVELS)),
        "a": levels_of(book.levels(SELL, BOOK_LEVELS)),
        "r": True,
    }


def levels_of(levels: list[tuple[Decimal, Decimal]]) -> list[dict[str, float]]:
    """Levels as the venue shows them; a size of 0 removes one."""
    return [{"p": float(price), "s": float(size)} for price, size in levels]
