"""The wire of Alpha Vantage: every answer is a 200, and its keys tell what it is.

Names carry numbers ("4. close"), some with a currency ("4a. close (USD)"), some spelt anew from
one function to the next; so they are matched by their words. Values are text, rows newest first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

import msgspec

from tradewind.model.errors import BadData, BadMessage

ANSWER_BYTES_MAX = 64 * 2**20
META = "Meta Data"
ZONES = {"US/Eastern": "America/New_York", "": "UTC"}
"""Names of zones that are not in every machine's list."""
NUMBER = re.compile(r"\d+[a-z]?\. ")
CURRENCY = re.compile(r" \((\w+)\)$")

Verdict = Literal["rate", "premium", "refused", "empty", "fine"]


class Series(NamedTuple):
    """A table by time, as it came, and the zone of its times."""

    rows: Mapping[str, Mapping[str, str]]
    zone: str
    last_refreshed: str


class Row(NamedTuple):
    """One bar of a series; the volume of currencies is 0."""

    time: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def decode(raw: bytes) -> dict[str, Any]:
    """The object that an answer is; a message behind `datatype=csv` is one too.

    >>> decode(b'{"Error Message": "Invalid API call."}')
    {'Error Message': 'Invalid API call.'}
    """
    if len(raw) > ANSWER_BYTES_MAX:
        raise BadMessage(f"an answer of {len(raw)} bytes: at most {ANSWER_BYTES_MAX} are read")
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(str(error)) from None


def verdict(answer: Mapping[str, Any]) -> tuple[Verdict, str]:
    """What an answer is, and the venue's words.

    {"Error Message":"Invalid API call. Please retry or visit the documentation ..."}
    {"Note":"Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls ..."}
    {"Information":"Thank you for using Alpha Vantage! This is a premium endpoint. ..."}
    {}

    >>> verdict({"Information": "We have detected your API key ... 25 requests per day."})[0]
    'rate'
    >>> verdict({"Meta Data": {}, "Time Series (5min)": {}})
    ('empty', '')
    """
    if "Error Message" in answer:
        return "refused", str(answer["Error Message"])
    for name in ("Note", "Information"):
        if name in answer:
            words = str(answer[name])
            return ("premium" if "premium endpoint" in words.lower() else "rate"), words
    tables = [value for name, value in answer.items() if name != META]
    return ("fine" if any(tables) else "empty"), ""


def series_of(answer: Mapping[str, Any]) -> Series:
    """The table of a time series; `BadMessage` where there is none.

    {"Meta Data":{"1. Information":"Intraday (5min) ...","2. Symbol":"IBM","3. Last Refreshed":
     "2017-12-18 16:00:00","4. Interval":"5min","5. Output Size":"Compact","6. Time Zone":
     "US/Eastern"},"Time Series (5min)":{"2017-12-18 16:00:00":{"1. open":"153.10","2. high":
     "153.33","3. low":"153.05","4. close":"153.33","5. volume":"1123"}, ...}}
    """
    tables = [value for name, value in answer.items() if name != META and isinstance(value, dict)]
    if len(tables) != 1:
        raise BadMessage("the answer has not one table of rows")
    meta = answer.get(META, {})
    named = {_words(name): str(value) for name, value in meta.items()}
    zone = named.get("time zone", "")
    return Series(tables[0], ZONES.get(zone, zone), named.get("last refreshed", ""))


def row_of(time: str, fields: Mapping[str, str], currency: str = "") -> Row:
    """One row by the words of its names; of names with a currency those with the given one.

    >>> row_of("2018-02-14", {"1a. open (CNY)": "6", "1b. open (USD)": "1", "2b. high (USD)": "2",
    ...     "3b. low (USD)": "1", "4b. close (USD)": "2", "5. volume": "7"}, "USD").close
    Decimal('2')
    """
    values: dict[str, Decimal] = {}
    for name, text in fields.items():
        found = CURRENCY.search(name)
        if found is None or found[1] == currency:
            values.setdefault(_words(name).removesuffix(f" ({currency.lower()})"), _number(text))
    try:
        return Row(
            time,
            values["open"],
            values["high"],
            values["low"],
            values["close"],
            values.get("volume", Decimal(0)),
        )
    except KeyError as error:
        raise BadData(f"a row without {error.args[0]}") from None


def exchange_rate_of(answer: Mapping[str, Any]) -> dict[str, str]:
    """The fields of an exchange rate, by their words.

    {"Realtime Currency Exchange Rate":{"1. From_Currency Code":"EUR","3. To_Currency Code":"USD",
     "5. Exchange Rate":"1.0868","6. Last Refreshed":"2024-03-12 10:38:50","7. Time Zone":"UTC",
     "8. Bid Price":"1.0867","9. Ask Price":"1.0869"}}
    """
    fields = next((value for value in answer.values() if isinstance(value, dict)), {})
    return {_words(name): str(value) for name, value in fields.items()}


def listed(answer: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows of a list under `data`: splits and dividends.

    {"symbol":"IBM","data":[{"effective_date":"1999-05-27","split_factor":"2.0000"}]}
    """
    rows = answer.get("data", [])
    if not isinstance(rows, list):
        raise BadMessage("the answer has no list of rows")
    return [{str(k): str(v) for k, v in row.items()} for row in rows if isinstance(row, dict)]


def _words(name: str) -> str:
    """`last refreshed` of `3. Last Refreshed`."""
    return NUMBER.sub("", name, count=1).replace("_", " ").strip().lower()


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except (InvalidOperation, TypeError, ValueError):
        raise BadData(f"{str(text)[:20]!r} is not a number") from None
