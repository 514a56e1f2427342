"""Alpha Vantage's history: bars of equities, currencies and crypto, splits and dividends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tradewind.adapters.alpha_vantage import wire
from tradewind.adapters.alpha_vantage.answers import FOR_EVER_NS, HOUR_NS, Answers
from tradewind.adapters.alpha_vantage.instruments import VENUE, instrument_of
from tradewind.adapters.alpha_vantage.quota import Quota
from tradewind.adapters.alpha_vantage.rest import BASE, AlphaVantageRest
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.budget import RateBudget
from tradewind.adapters.net.decimals import price_units, size_units
from tradewind.adapters.net.http import HttpClient
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.page_columns import PageColumns
from tradewind.adapters.net.rfc3339 import DAY_NS, EPOCH, day_ns_of
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.net.session import Session
from tradewind.adapters.net.us_session import local_ns, session_of
from tradewind.model.columns import ColumnKind
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData, BadMessage, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.downloads import Page, Wanted
from tradewind.ports.platform import Clock

PER_MINUTE = 5
PER_DAY = 25
"""What a free key allows."""
INTERVALS = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "60min"}
TIMEFRAMES = (*INTERVALS, "1d")
FRESH_NS = 12 * HOUR_NS
"""How long an answer about times that are not over is given again."""


class AlphaVantageDownloads:
    """Bars as traded, not adjusted; `home` is where quota and answers are kept."""

    def __init__(
        self,
        key: Secret,
        home: Path,
        *,
        clock: Clock,
        chance: Chance,
        base: str = BASE,
        per_minute: int = PER_MINUTE,
        per_day: int = PER_DAY,
    ) -> None:
        self._key = key
        self._base = base
        self._clock = clock
        self._chance = chance
        folder = home / "alpha_vantage"
        self.quota = Quota(
            folder / "quota.json", per_minute=per_minute, per_day=per_day, clock=clock
        )
        self._answers = Answers(folder / "answers", clock)
        self._session: Session | None = None
        self._rest: AlphaVantageRest

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return VENUE

    @property
    def kinds(self) -> frozenset[ColumnKind]:
        """It has bars only."""
        return frozenset({"bars"})

    @property
    def timeframes(self) -> tuple[str, ...]:
        """Timeframes of its bars."""
        return TIMEFRAMES

    async def start(self) -> None:
        """Make ready."""
        self._session = Session()
        client = HttpClient(
            "alpha vantage",
            self._base,
            self._session,
            RateBudget([]),
            clock=self._clock,
            chance=self._chance,
        )
        self._rest = AlphaVantageRest(client, self._key, self.quota, self._answers)

    async def check_key(self) -> None:
        """Ask for one last price, of the day's quota; `Refused` where the key is not taken."""
        await self._rest.ask({"function": "GLOBAL_QUOTE", "symbol": "IBM"}, max_age_ns=0)

    async def instrument(self, instrument_id: str) -> Instrument:
        """The definition; whether the venue has it shows with the first page."""
        return instrument_of(instrument_id)

    async def pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        """One page a request: a month of an equity's minutes, else all that there is."""
        if wanted.kind != "bars" or wanted.timeframe not in TIMEFRAMES:
            frames = ", ".join(TIMEFRAMES)
            raise UserError(f"Alpha Vantage has bars only: give a --timeframe of {frames}")
        columns = PageColumns(wanted)
        questions = questions_of(wanted)
        for place, question in enumerate(questions):
            answer = await self._rest.ask(question, max_age_ns=self._max_age_ns(question))
            rows, zone = _table(answer)
            row_of = partial(self._row, zone=zone, wanted=wanted)
            yield columns.page(rows, row_of, is_last=place + 1 == len(questions))

    async def corporate_actions(
        self, instrument: Instrument, *, start_ns: int, end_ns: int
    ) -> list[CorporateAction]:
        """Splits and dividends, at the price of two requests."""
        if instrument.kind != "equity":
            return []
        found = []
        for function, make in (("SPLITS", _split), ("DIVIDENDS", _dividend)):
            question = {"function": function, "symbol": instrument.symbol}
            answer = await self._rest.ask(question, max_age_ns=FRESH_NS)
            found += [make(row) for row in wire.listed(answer)]
        inside = (action for action in found if start_ns <= action.ex_date_ns < end_ns)
        return sorted(inside, key=lambda action: (action.ex_date_ns, action.kind))

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _max_age_ns(self, question: dict[str, str]) -> int:
        """A month that is over does not change any more."""
        this_month = _month(self._clock.now_ns())
        return FOR_EVER_NS if question.get("month", this_month) < this_month else FRESH_NS

    def _row(self, given: tuple[str, Any], zone: str, wanted: Wanted) -> tuple[int, ...]:
        """A row of the table; the newest one is refused while its bar is not over."""
        row = wire.row_of(given[0], given[1], wanted.instrument.currency)
        made = bar_row(row, zone, wanted.instrument, timeframe_ns(wanted.timeframe or ""))
        if made[1] > self._clock.now_ns() and made[0] < wanted.end_ns:
            raise BadData("the bar is not over yet")
        return made


def _table(answer: dict[str, Any]) -> tuple[list[tuple[str, Any]], str]:
    """The rows of an answer, the oldest first, and the zone of their times."""
    if not answer:
        return [], "UTC"
    try:
        series = wire.series_of(answer)
    except BadMessage as error:
        raise BadAnswer(f"Alpha Vantage: {error}") from None
    return sorted(series.rows.items()), series.zone


def bar_row(row: wire.Row, zone: str, instrument: Instrument, length_ns: int) -> tuple[int, ...]:
    """A bar: open and close time, open, high, low, close, volume.

    >>> ibm = instrument_of("IBM.ALPHAVANTAGE")
    >>> fields = {"1. open": "153.1", "2. high": "153.3", "3. low": "153", "4. close": "153.2"}
    >>> row = wire.row_of("2017-12-18 14:55:00", fields)
    >>> bar_row(row, "America/New_York", ibm, 300 * 10**9)[2:]
    (1531000, 1533000, 1530000, 1532000, 0)
    """
    if length_ns == DAY_NS:
        opened = day_ns_of(row.time[:10])
        closed = opened + length_ns
        if instrument.kind == "equity":
            # noon in London is the same day in New York
            opened, closed = session_of(opened + DAY_NS // 2)
    else:
        opened = local_ns(row.time, zone)
        closed = opened + length_ns
    digits = instrument.price_digits
    prices = [price_units(each, digits) for each in (row.open, row.high, row.low, row.close)]
    if not prices[2] <= min(prices[0], prices[3]) <= max(prices[0], prices[3]) <= prices[1]:
        raise BadData(f"a bar of {row.time} whose low and high do not enclose it")
    return (opened, closed, *prices, size_units(row.volume, instrument.quantity_digits))


def questions_of(wanted: Wanted) -> list[dict[str, str]]:
    """The requests that a range needs, the oldest first.

    >>> ibm = instrument_of("IBM.ALPHAVANTAGE")
    >>> two = Wanted("bars", ibm, "5m", day_ns_of("2024-01-31"), day_ns_of("2024-02-02"))
    >>> [question["month"] for question in questions_of(two)]
    ['2024-01', '2024-02']
    """
    instrument, interval = wanted.instrument, INTERVALS.get(wanted.timeframe or "")
    base, _, quote = instrument.symbol.partition("/")
    if instrument.kind == "equity" and interval:
        whole = {"adjusted": "false", "extended_hours": "true", "outputsize": "full"}
        first = {"function": "TIME_SERIES_INTRADAY", "symbol": base, "interval": interval}
        return [first | whole | {"month": month} for month in _months(wanted)]
    if instrument.kind == "equity":
        return [{"function": "TIME_SERIES_DAILY", "symbol": base, "outputsize": "full"}]
    if instrument.kind == "fx":
        pair = {"from_symbol": base, "to_symbol": quote, "outputsize": "full"}
        if interval:
            return [{"function": "FX_INTRADAY", **pair, "interval": interval}]
        return [{"function": "FX_DAILY", **pair}]
    pair = {"symbol": base, "market": quote}
    if interval:
        asked = {"function": "CRYPTO_INTRADAY", **pair, "interval": interval}
        return [asked | {"outputsize": "full"}]
    return [{"function": "DIGITAL_CURRENCY_DAILY", **pair}]


def _months(wanted: Wanted) -> list[str]:
    """The months of a range, by the calendar of New York, which UTC is ahead of by hours."""
    months = []
    day_ns = wanted.start_ns - DAY_NS // 4
    while day_ns < wanted.end_ns:
        months.append(_month(day_ns))
        day_ns += DAY_NS
    return sorted(set(months))


def _month(time_ns: int) -> str:
    return (EPOCH + timedelta(microseconds=time_ns // 1_000)).strftime("%Y-%m")


def _split(row: dict[str, str]) -> CorporateAction:
    day_ns = day_ns_of(row.get("effective_date", ""))
    return CorporateAction("split", day_ns, new=row.get("split_factor", "1"))


def _dividend(row: dict[str, str]) -> CorporateAction:
    day_ns = day_ns_of(row.get("ex_dividend_date", ""))
    return CorporateAction("dividend", day_ns, amount=row.get("amount", "0"))
