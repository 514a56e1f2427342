"""Time series of the Alpha Vantage venue: which there are, and how each is written."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from aiohttp import web

from tradewind.venue.alpha_vantage.query import Query
from tradewind.venue.alpha_vantage.replies import Payload, csv_reply, invalid_call, json_reply
from tradewind.venue.equities.bars import PriceBar, bars_between, is_regular
from tradewind.venue.equities.calendar import (
    DAY_NS,
    MINUTE_NS,
    new_york_ns,
    new_york_time,
    utc_time,
)
from tradewind.venue.equities.tape import Tape
from tradewind.venue.equities.timeframe import Timeframe
from tradewind.venue.equities.times import day_ns

COMPACT = 100
INTRADAY_DAYS = 30
INTERVALS = {"1min": 1, "5min": 5, "15min": 15, "30min": 30, "60min": 60}
FIRST_DAY = date(2015, 1, 1)


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One function that returns a time series.

    `key` is the top-level key of its rows, `meta` the words of its "Meta Data" in their order,
    with {} for the interval.
    """

    information: str
    key: str
    meta: tuple[str, ...]
    unit: str
    subject: str = "stock"
    is_adjusted: bool = False
    is_premium: bool = False
    has_volume: bool = True


STOCK = ("Symbol", "Last Refreshed")
FX = ("From Symbol", "To Symbol")
COIN = ("Digital Currency Code", "Digital Currency Name", "Market Code", "Market Name")

SERIES: dict[str, Series] = {
    "TIME_SERIES_INTRADAY": Series(
        information="Intraday ({}) open, high, low, close prices and volume",
        key="Time Series ({})",
        meta=(*STOCK, "Interval", "Output Size", "Time Zone"),
        unit="minute",
    ),
    "TIME_SERIES_DAILY": Series(
        information="Daily Prices (open, high, low, close) and Volumes",
        key="Time Series (Daily)",
        meta=(*STOCK, "Output Size", "Time Zone"),
        unit="day",
    ),
    "TIME_SERIES_DAILY_ADJUSTED": Series(
        information="Daily Time Series with Splits and Dividend Events",
        key="Time Series (Daily)",
        meta=(*STOCK, "Output Size", "Time Zone"),
        unit="day",
        is_adjusted=True,
        is_premium=True,
    ),
    "TIME_SERIES_WEEKLY": Series(
        information="Weekly Prices (open, high, low, close) and Volumes",
        key="Weekly Time Series",
        meta=(*STOCK, "Time Zone"),
        unit="week",
    ),
    "TIME_SERIES_WEEKLY_ADJUSTED": Series(
        information="Weekly Adjusted Prices and Volumes",
        key="Weekly Adjusted Time Series",
        meta=(*STOCK, "Time Zone"),
        unit="week",
        is_adjusted=True,
    ),
    "TIME_SERIES_MONTHLY": Series(
        information="Monthly Prices (open, high, low, close) and Volumes",
        key="Monthly Time Series",
        meta=(*STOCK, "Time Zone"),
        unit="month",
    ),
    "TIME_SERIES_MONTHLY_ADJUSTED": Series(
        information="Monthly Adjusted Prices and Volumes",
        key="Monthly Adjusted Time Series",
        meta=(*STOCK, "Time Zone"),
        unit="month",
        is_adjusted=True,
    ),
    "FX_INTRADAY": Series(
        information="FX Intraday ({}) Time Series",
        key="Time Series FX ({})",
        meta=(*FX, "Last Refreshed", "Interval", "Output Size", "Time Zone"),
        unit="minute",
        subject="fx",
        has_volume=False,
    ),
    "FX_DAILY": Series(
        information="Forex Daily Prices (open, high, low, close)",
        key="Time Series FX (Daily)",
        meta=(*FX, "Output Size", "Last Refreshed", "Time Zone"),
        unit="day",
        subject="fx",
        has_volume=False,
    ),
    "FX_WEEKLY": Series(
        information="Forex Weekly Prices (open, high, low, close)",
        key="Time Series FX (Weekly)",
        meta=(*FX, "Last Refreshed", "Time Zone"),
        unit="week",
        subject="fx",
        has_volume=False,
    ),
    "FX_MONTHLY": Series(
        information="Forex Monthly Prices (open, high, low, close)",
        key="Time Series FX (Monthly)",
        meta=(*FX, "Last Refreshed", "Time Zone"),
        unit="month",
        subject="fx",
        has_volume=False,
    ),
    "CRYPTO_INTRADAY": Series(
        information="Crypto Intraday ({}) Time Series",
        key="Time Series Crypto ({})",
        meta=(*COIN, "Last Refreshed", "Interval", "Output Size", "Time Zone"),
        unit="minute",
        subject="crypto",
    ),
    "DIGITAL_CURRENCY_DAILY": Series(
        information="Daily Prices and Volumes for Digital Currency",
        key="Time Series (Digital Currency Daily)",
        meta=(*COIN, "Last Refreshed", "Time Zone"),
        unit="day",
        subject="crypto",
    ),
    "DIGITAL_CURRENCY_WEEKLY": Series(
        information="Weekly Prices and Volumes for Digital Currency",
        key="Time Series (Digital Currency Weekly)",
        meta=(*COIN, "Last Refreshed", "Time Zone"),
        unit="week",
        subject="crypto",
    ),
    "DIGITAL_CURRENCY_MONTHLY": Series(
        information="Monthly Prices and Volumes for Digital Currency",
        key="Time Series (Digital Currency Monthly)",
        meta=(*COIN, "Last Refreshed", "Time Zone"),
        unit="month",
        subject="crypto",
    ),
}
"""Every time series that is served, by its function."""


def series_reply(query: Query) -> web.Response:
    """A time series as JSON or CSV, the newest row first."""
    series = SERIES[query.function]
    query.needs_premium_for(series.is_premium)
    tape = query.subject(series.subject)
    bars = chosen_bars(query, series, tape)
    bars.reverse()
    names = field_names(series)
    rows = {stamp_of(bar, series, tape): values_of(query, series, tape, bar) for bar in bars}
    if query.is_csv:
        header = ["timestamp", *(name.partition(". ")[2].replace(" ", "_") for name in names)]
        return csv_reply(header, [[stamp, *values] for stamp, values in rows.items()])
    if not rows:
        return json_reply({})
    interval = query.text("interval")
    shown = {stamp: dict(zip(names, values, strict=True)) for stamp, values in rows.items()}
    meta = meta_data(query, series, tape, next(iter(rows)))
    return json_reply({"Meta Data": meta, series.key.format(interval): shown})


def chosen_bars(query: Query, series: Series, tape: Tape) -> list[PriceBar]:
    """The bars asked for, oldest first; the last one may be partial."""
    is_intraday = series.unit == "minute"
    count = 1
    if is_intraday:
        interval = query.text("interval")
        if interval not in INTERVALS:
            raise invalid_call(query.function)
        count = INTERVALS[interval]
    begin_ns, end_ns = span_of(query, is_intraday=is_intraday)
    bars = bars_between(
        tape,
        Timeframe(count, series.unit),
        begin_ns=begin_ns,
        end_ns=end_ns,
        # The running minute is shown as far as it is.
        known_ns=query.now_ns + MINUTE_NS,
        actions=query.actions,
        adjustment="all" if is_intraday and query.text("adjusted", "true") == "true" else "raw",
    )
    if is_intraday and query.text("extended_hours", "true") == "false":
        bars = [bar for bar in bars if is_regular(bar.time_ns)]
    is_compact = query.text("outputsize", "compact") == "compact"
    has_sizes = "Output Size" in series.meta and not query.text("month")
    return bars[-COMPACT:] if is_compact and has_sizes else bars


def span_of(query: Query, *, is_intraday: bool) -> tuple[int, int]:
    """From a time to another: a month where one is named, the last 30 days of intraday bars."""
    month = query.text("month")
    if not is_intraday:
        return day_ns(FIRST_DAY), query.now_ns + 1
    if not month:
        return query.now_ns - INTRADAY_DAYS * DAY_NS, query.now_ns + 1
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise invalid_call(query.function) from None
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return new_york_ns(first, 0), min(new_york_ns(following, 0), query.now_ns + 1)


def field_names(series: Series) -> list[str]:
    """The numbered names of a row's values."""
    words = ["open", "high", "low", "close"]
    if series.is_adjusted:
        words += ["adjusted close", "volume", "dividend amount"]
        words += ["split coefficient"] if series.unit == "day" else []
    elif series.has_volume:
        words.append("volume")
    return [f"{number}. {word}" for number, word in enumerate(words, 1)]


def values_of(query: Query, series: Series, tape: Tape, bar: PriceBar) -> list[str]:
    """A row's values, in the order of `field_names`."""
    digits = 5 if series.subject == "fx" else 4
    values = [f"{price:.{digits}f}" for price in (bar.open, bar.high, bar.low, bar.close)]
    volume = f"{bar.volume:.8f}" if series.subject == "crypto" else f"{bar.volume:.0f}"
    if not series.is_adjusted:
        return [*values, volume] if series.has_volume else values
    symbol = tape.security.symbol
    raw, _ = query.actions.factors(symbol, bar.last_ns, "raw")
    adjusted, _ = query.actions.factors(symbol, bar.last_ns, "all")
    first, last = shown_time(bar.time_ns, tape).date(), shown_time(bar.last_ns, tape).date()
    cash = sum(
        each.cash
        for each in query.actions.dividends
        if each.symbol == symbol and first <= each.day <= last
    )
    values += [f"{bar.close / raw * adjusted:.4f}", volume, f"{cash:.4f}"]
    if series.unit == "day":
        split = [
            each for each in query.actions.splits if each.symbol == symbol and each.day == last
        ]
        values.append(f"{split[0].new / split[0].old if split else 1.0:.1f}")
    return values


def stamp_of(bar: PriceBar, series: Series, tape: Tape) -> str:
    """The key of a row: the bar's start, or its last day where it is longer than a day."""
    if series.unit == "minute":
        return f"{shown_time(bar.time_ns, tape):%Y-%m-%d %H:%M:%S}"
    return f"{shown_time(bar.last_ns, tape):%Y-%m-%d}"


def shown_time(time_ns: int, tape: Tape) -> datetime:
    """A time on the clock of the security: New York's for stocks, UTC for all else."""
    return utc_time(time_ns) if tape.security.is_continuous else new_york_time(time_ns)


def meta_data(query: Query, series: Series, tape: Tape, newest: str) -> Payload:
    """What a series says of itself, numbered."""
    base, _, quote = tape.security.symbol.partition("/")
    interval = query.text("interval")
    size = "Compact" if query.text("outputsize", "compact") == "compact" else "Full size"
    name = tape.security.name.partition(" / ")[0]
    words = {
        "Symbol": tape.security.symbol,
        "From Symbol": base,
        "To Symbol": quote,
        "Digital Currency Code": base,
        "Digital Currency Name": name,
        "Market Code": quote,
        "Market Name": "United States Dollar",
        "Last Refreshed": newest,
        "Interval": interval,
        "Output Size": size,
        "Time Zone": "UTC" if tape.security.is_continuous else "US/Eastern",
    }
    fields = ("Information", *series.meta)
    words["Information"] = series.information.format(interval)
    return {f"{number}. {field}": words[field] for number, field in enumerate(fields, 1)}
