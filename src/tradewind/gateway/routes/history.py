"""Market data by the page: bars, trades, quotes, depth, stored or as the engine recorded them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import market_answers as told
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.content import encoded
from tradewind.gateway.described import answers
from tradewind.gateway.layered_cache import digest_of
from tradewind.gateway.market_rows import Cursor, Part
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import content_reply, reply
from tradewind.gateway.services import Services
from tradewind.model.columns import REQUIRED, ColumnKind, Columns
from tradewind.model.numbers import format_units
from tradewind.model.timeframes import timeframe_ns
from tradewind.ports.history import Series

router = APIRouter(prefix="/api/v1/market", tags=["market"])

MarketReader = Annotated[Principal, require(Permission.READ_MARKET)]
InstrumentId = Annotated[str, Query(max_length=64, examples=["BTC/USDT.SIM"])]
Moment = Annotated[
    str, Query(max_length=40, description="RFC 3339, YYYYMMDD, or nanoseconds in UTC")
]
Source = Annotated[
    Literal["history", "live"],
    Query(description="what was stored, or what the running engine recorded lately"),
]
Form = Annotated[
    Literal["rows", "columns"],
    Query(description="columns: arrays of integers in units of 10^-digits, for large reads"),
]
Limit = Annotated[int, Query(ge=1, le=10_000)]
After = Annotated[str, Query(max_length=40, description="cursor of the last answer")]
PRICES = frozenset({"open", "high", "low", "close", "price", "bid", "ask"})
SIZES = frozenset({"volume", "size", "bid_size", "ask_size"})
LEFT_OUT = frozenset({"close_time_ns", "flags"})
TIME_MIN_DIGITS = 12
SECOND_NS = 1_000_000_000
STORED_S = 2.0
"""So long a page of the history is told again; what an import adds shows by then."""

Asked = tuple[str, str, str, str, int]
"""Source, start, end, after, limit."""


@router.get("/bars", summary="Bars, oldest first", **answers(told.Bars))
async def bars(
    request: Request,
    services: UseServices,
    principal: MarketReader,
    instrument: InstrumentId,
    timeframe: Annotated[str, Query(max_length=8, examples=["1m"])],
    source: Source = "history",
    start: Moment = "",
    end: Moment = "",
    after: After = "",
    limit: Limit = 500,
    form: Form = "rows",
) -> Response:
    """Without `start` and `after` the newest ones; with them a page from there on."""
    timeframe_ns(timeframe)
    series = Series("bars", instrument, timeframe)
    return await _told(request, services, series, (source, start, end, after, limit), form)


async def _rows(
    kind: ColumnKind,
    request: Request,
    services: Services,
    instrument: str,
    asked: Asked,
    form: str,
) -> Response:
    return await _told(request, services, Series(kind, instrument), asked, form)


@router.get("/trades", summary="Public trades, oldest first", **answers(told.Trades))
async def trades(
    request: Request,
    services: UseServices,
    principal: MarketReader,
    instrument: InstrumentId,
    source: Source = "history",
    start: Moment = "",
    end: Moment = "",
    after: After = "",
    limit: Limit = 500,
    form: Form = "rows",
) -> Response:
    """Without `start` and `after` the newest ones; with them a page from there on."""
    asked = (source, start, end, after, limit)
    return await _rows("trades", request, services, instrument, asked, form)


@router.get("/quotes", summary="Best bids and asks, oldest first", **answers(told.Quotes))
async def quotes(
    request: Request,
    services: UseServices,
    principal: MarketReader,
    instrument: InstrumentId,
    source: Source = "history",
    start: Moment = "",
    end: Moment = "",
    after: After = "",
    limit: Limit = 500,
    form: Form = "rows",
) -> Response:
    """Without `start` and `after` the newest ones; with them a page from there on."""
    asked = (source, start, end, after, limit)
    return await _rows("quotes", request, services, instrument, asked, form)


@router.get("/depth", summary="Changes of the book, oldest first", **answers(told.Depth))
async def depth(
    request: Request,
    services: UseServices,
    principal: MarketReader,
    instrument: InstrumentId,
    source: Source = "history",
    start: Moment = "",
    end: Moment = "",
    after: After = "",
    limit: Limit = 500,
    form: Form = "rows",
) -> Response:
    """Without `start` and `after` the newest ones; with them a page from there on."""
    asked = (source, start, end, after, limit)
    return await _rows("depth", request, services, instrument, asked, form)


def moment_ns(name: str, text: str) -> int | None:
    """Nanoseconds of a time in a query, None for "".

    >>> moment_ns("start", "20260101") == moment_ns("start", "2026-01-01T00:00:00Z")
    True
    """
    if not text:
        return None
    try:
        if text.isdigit() and len(text) >= TIME_MIN_DIGITS:
            found = int(text)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            found = int(moment.timestamp()) * SECOND_NS + moment.microsecond * 1000
    except (ValueError, OverflowError):
        found = -1
    if not 0 <= found < 2**63:
        raise Problem(422, f"{name} is no time: write it like 2026-01-31T12:00:00Z or 20260131")
    return found


async def _told(
    request: Request, services: Services, series: Series, asked: Asked, form: str
) -> Response:
    """A page; one of the history is kept for a moment, for all who ask for the same."""
    source = asked[0]

    async def made() -> dict[str, Any]:
        part = await _part(services, series, *asked)
        timeframe = {"timeframe": series.timeframe} if series.kind == "bars" else {}
        return await run_in_threadpool(_body, part, source, form) | timeframe

    async def make() -> bytes:
        return encoded(await made())

    if source == "live":
        return reply(request, await made())
    key = digest_of("history", series.kind, series.instrument_id, series.timeframe, *asked, form)
    return content_reply(request, await services.cache.get(key, make, life_s=STORED_S))


async def _part(
    services: Services,
    series: Series,
    source: str,
    start: str,
    end: str,
    after: str,
    limit: int,
) -> Part:
    place = _place(start, after)
    end_ns = moment_ns("end", end)
    if source == "live":
        read = partial(services.market_rows.recorded, series, start=place, limit=limit)
    else:
        read = partial(services.market_rows.stored, series, start=place, end_ns=end_ns, limit=limit)
    return await run_in_threadpool(read)


def _place(start: str, after: str) -> Cursor | None:
    if after:
        try:
            return Cursor.parse(after)
        except ValueError:
            raise Problem(422, "after is no cursor: send the next_after of an answer") from None
    start_ns = moment_ns("start", start)
    return None if start_ns is None else Cursor(start_ns)


def _body(part: Part, source: str, form: str) -> dict[str, Any]:
    columns = part.columns
    is_rows = form == "rows"
    instrument = columns.instrument
    names = [name for name in REQUIRED[columns.kind] if name not in LEFT_OUT]
    return {
        "instrument": instrument.id,
        "source": source,
        "next_after": str(part.following) if part.following else "",
        "rows": _rows_of(columns, names) if is_rows else [],
        "columns": {} if is_rows else {name: columns[name].tolist() for name in names},
        "price_digits": instrument.price_digits,
        "quantity_digits": instrument.quantity_digits,
    }


def _rows_of(columns: Columns, names: list[str]) -> list[dict[str, Any]]:
    instrument = columns.instrument
    texts: list[list[Any]] = []
    for name in names:
        values = columns[name].tolist()
        if name in PRICES:
            values = [format_units(value, instrument.price_digits) for value in values]
        elif name in SIZES:
            values = [format_units(value, instrument.quantity_digits) for value in values]
        texts.append(values)
    return [dict(zip(names, row, strict=True)) for row in zip(*texts, strict=True)]
