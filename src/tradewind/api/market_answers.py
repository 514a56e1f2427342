"""Answers about the market: instruments, prices, bars, trades, quotes, depth, stored series."""

from __future__ import annotations

from tradewind.api.answer import Aged, Answer, Page


class Instrument(Answer, frozen=True, kw_only=True, omit_defaults=True):
    """What can be traded, with its grid; what is left out is as usual for its kind."""

    id: str
    tick: str
    lot: str
    currency: str = ""
    price_digits: int = 0
    quantity_digits: int = 0


class Instruments(Answer, frozen=True, kw_only=True):
    """Every instrument in its newest version."""

    journal_id: str
    instruments: list[Instrument]


class Price(Answer, frozen=True, kw_only=True):
    """The market of one instrument; `age_ms` is how long its newest price has been there."""

    instrument: str
    bid: str
    ask: str
    last: str
    age_ms: int


class Market(Aged, frozen=True, kw_only=True):
    """Best prices."""

    market: list[Price]


class Bar(Answer, frozen=True, kw_only=True):
    """A bar, shown under its open."""

    open_time_ns: int
    open_time: str
    open: str
    high: str
    low: str
    close: str
    volume: str


class Trade(Answer, frozen=True, kw_only=True):
    """A public print between others; `side` is that of who took, 0 where it is not known."""

    time_ns: int
    time: str
    price: str
    size: str
    side: int


class Quote(Answer, frozen=True, kw_only=True):
    """Best bid and ask with their sizes."""

    time_ns: int
    time: str
    bid: str
    ask: str
    bid_size: str
    ask_size: str


class DepthChange(Answer, frozen=True, kw_only=True):
    """A price level's new size: `side` is 1 for bids, -1 for asks; size 0 takes it away."""

    time_ns: int
    time: str
    side: int
    price: str
    size: str


class Series(Answer, frozen=True, kw_only=True):
    """Which rows these are, and the cursor `after` of the next ones, "" behind the last."""

    instrument: str
    source: str
    next_after: str


class Bars(Series, frozen=True, kw_only=True):
    """Bars, oldest first; with `form=columns` they are in `columns`, and `rows` is empty."""

    timeframe: str
    rows: list[Bar]
    columns: dict[str, list[int]]
    price_digits: int
    quantity_digits: int


class Trades(Series, frozen=True, kw_only=True):
    """Trades, oldest first; with `form=columns` they are in `columns`, and `rows` is empty."""

    rows: list[Trade]
    columns: dict[str, list[int]]
    price_digits: int
    quantity_digits: int


class Quotes(Series, frozen=True, kw_only=True):
    """Quotes, oldest first; with `form=columns` they are in `columns`, and `rows` is empty."""

    rows: list[Quote]
    columns: dict[str, list[int]]
    price_digits: int
    quantity_digits: int


class Depth(Series, frozen=True, kw_only=True):
    """Changes of the book, oldest first; with `form=columns` they are in `columns`."""

    rows: list[DepthChange]
    columns: dict[str, list[int]]
    price_digits: int
    quantity_digits: int


class StoredSeries(Answer, frozen=True, kw_only=True):
    """A series of the history: how many rows it has and from when to when."""

    kind: str
    instrument: str
    timeframe: str
    rows: int
    first_time_ns: int
    first_time: str
    last_time_ns: int
    last_time: str
    files: int
    size_bytes: int


class StoredSeriesList(Answer, frozen=True, kw_only=True):
    """Every stored series."""

    series: list[StoredSeries]


class BadTick(Answer, frozen=True, kw_only=True):
    """Market data that was refused, with its raw bytes in hexadecimal."""

    sequence: int
    time_ns: int
    time: str
    instrument: str
    reason: str
    raw: str


class BadTicksPage(Page, frozen=True, kw_only=True):
    """Refused market data, newest first."""

    rows: list[BadTick]
