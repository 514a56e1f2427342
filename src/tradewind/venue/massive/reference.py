"""Routes of the Massive venue: tickers, splits, dividends, exchanges, hours of the market."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from aiohttp import web

from tradewind.venue.equities.actions import Dividend, Split
from tradewind.venue.equities.calendar import (
    SECOND_NS,
    current_session,
    early_closes,
    holidays,
    is_open,
    new_york_time,
    session_of,
    utc_time,
)
from tradewind.venue.equities.universe import Security
from tradewind.venue.massive.answers import Payload, not_found
from tradewind.venue.massive.desk import TICKERS, Call, Desk, endpoint, security_of, ticker_of

UPCOMING_DAYS = 400
LAST_UPDATED = "2026-01-02T00:00:00Z"


def add_reference_routes(application: web.Application, desk: Desk) -> None:
    """Add the routes."""
    for path, handle in (
        ("/v3/reference/tickers", tickers),
        ("/v3/reference/tickers/types", types),
        ("/v3/reference/tickers/{ticker}", details),
        ("/v3/reference/exchanges", exchanges),
        ("/v3/reference/conditions", conditions),
        ("/v3/reference/splits", splits),
        ("/v3/reference/dividends", dividends),
        ("/stocks/v1/splits", splits),
        ("/stocks/v1/dividends", dividends),
        ("/v1/marketstatus/now", status_now),
        ("/v1/marketstatus/upcoming", status_upcoming),
    ):
        application.router.add_get(path, endpoint(desk, handle))


def tickers(call: Call) -> Payload:
    """Tickers by name, market, type and state, in pages."""
    ticker, market, kind = call.text("ticker"), call.text("market"), call.text("type")
    words = call.text("search").lower()
    is_active = call.word("active", "true", ("true", "false")) == "true"
    found = [
        ticker_row(security)
        for name, security in sorted(TICKERS.items())
        if ticker in ("", name)
        and market in ("", market_of(security))
        and kind in ("", type_of(security))
        and words in f"{name} {security.name}".lower()
        and security.is_active == is_active
        and within(call, "ticker", name)
    ]
    if call.word("order", "asc", ("asc", "desc")) == "desc":
        found.reverse()
    kept = {name: call.text(name) for name in ("market", "type", "search", "active", "order")}
    return paged(call, found, 100, {name: text for name, text in kept.items() if text})


def within(call: Call, name: str, value: str) -> bool:
    """True where the comparisons of a parameter leave a value."""
    comparisons = {
        "gte": lambda bound: value >= bound,
        "gt": lambda bound: value > bound,
        "lte": lambda bound: value <= bound,
        "lt": lambda bound: value < bound,
    }
    return all(
        not call.text(f"{name}.{word}") or holds(call.text(f"{name}.{word}"))
        for word, holds in comparisons.items()
    )


def paged(call: Call, rows: list[Payload], default: int, state: dict[str, str]) -> Payload:
    """One page of rows, and where the next is."""
    limit = call.number("limit", default, 1_000)
    page = rows[call.offset : call.offset + limit]
    payload = call.envelope(results=page, count=len(page))
    if call.offset + limit < len(rows):
        payload["next_url"] = call.next_url(call.offset + limit, limit=limit, **state)
    return payload


def market_of(security: Security) -> str:
    """The market's name."""
    return "crypto" if security.is_crypto else "stocks"


def type_of(security: Security) -> str:
    """The type's code; crypto has none."""
    if security.is_crypto:
        return ""
    return "ETF" if "ETF" in security.name else "CS"


def ticker_row(security: Security) -> Payload:
    """A ticker as the list shows it."""
    row: Payload = {
        "active": security.is_active,
        "currency_name": "usd",
        "last_updated_utc": LAST_UPDATED,
        "locale": "global" if security.is_crypto else "us",
        "market": market_of(security),
        "name": security.name,
        "ticker": ticker_of(security),
    }
    if security.is_crypto:
        base, _, quote = security.symbol.partition("/")
        row |= {"base_currency_symbol": base, "currency_symbol": quote}
    else:
        row |= {"primary_exchange": security.mic, "type": type_of(security)}
    if security.cik:
        row["cik"] = security.cik
    if not security.is_active:
        row["delisted_utc"] = LAST_UPDATED
    return row


def details(call: Call) -> Payload:
    """One ticker."""
    security = security_of(call.path["ticker"])
    if security is None:
        raise not_found("Ticker not found.")
    return call.envelope(results={**ticker_row(security), "round_lot": 100})


def types(call: Call) -> Payload:
    """Codes of types."""
    rows = [
        {"code": code, "description": text, "asset_class": "stocks", "locale": "us"}
        for code, text in (("CS", "Common Stock"), ("ETF", "Exchange Traded Fund"))
    ]
    return call.envelope(results=rows, count=len(rows))


def exchanges(call: Call) -> Payload:
    """Exchanges by number."""
    rows = [
        {
            "id": number,
            "type": "exchange",
            "asset_class": "stocks",
            "locale": "us",
            "name": name,
            "mic": mic,
            "operating_mic": mic,
            "participant_id": code,
        }
        for number, name, mic, code in (
            (11, "NYSE Arca", "ARCX", "P"),
            (12, "Nasdaq", "XNAS", "T"),
        )
    ]
    return call.envelope(results=rows, count=len(rows))


def conditions(call: Call) -> Payload:
    """Conditions with what a trade of each does to a bar."""
    updates = {"updates_high_low": True, "updates_open_close": True, "updates_volume": True}
    row: Payload = {
        "id": 1,
        "type": "regular",
        "name": "Regular Sale",
        "asset_class": "stocks",
        "data_types": ["trade"],
        "sip_mapping": {"CTA": "@", "UTP": "@"},
        "update_rules": {"consolidated": updates, "market_center": updates},
    }
    return call.envelope(results=[row], count=1)


def splits(call: Call) -> Payload:
    """Splits by ticker and day."""
    rows: list[Payload] = [
        {
            "execution_date": split.day.isoformat(),
            "id": split.id,
            "split_from": split.old,
            "split_to": split.new,
            "ticker": split.symbol,
        }
        for split in chosen(call, call.desk.actions.splits, "execution_date")
        if isinstance(split, Split)
    ]
    return paged(call, rows, 10, {})


def dividends(call: Call) -> Payload:
    """Dividends by ticker and day."""
    rows: list[Payload] = [
        {
            "cash_amount": dividend.cash,
            "currency": "USD",
            "declaration_date": dividend.declaration_day.isoformat(),
            "dividend_type": "CD",
            "ex_dividend_date": dividend.day.isoformat(),
            "frequency": 4,
            "id": dividend.id,
            "pay_date": dividend.pay_day.isoformat(),
            "record_date": dividend.record_day.isoformat(),
            "ticker": dividend.symbol,
        }
        for dividend in chosen(call, call.desk.actions.dividends, "ex_dividend_date")
        if isinstance(dividend, Dividend)
    ]
    return paged(call, rows, 10, {})


def chosen(call: Call, actions: Iterable[Split | Dividend], name: str) -> list[Split | Dividend]:
    """The actions that are asked for, the newest first."""
    ticker, day = call.text("ticker"), call.text(name)
    found = [
        action
        for action in actions
        if ticker in ("", action.symbol)
        and day in ("", action.day.isoformat())
        and within(call, name, action.day.isoformat())
    ]
    is_back = call.text("order", "desc") == "desc"
    return sorted(found, key=lambda action: action.day, reverse=is_back)


def status_now(call: Call) -> Payload:
    """Whether the market is open."""
    now_ns = call.now_ns
    session = current_session(now_ns)
    word = "open" if is_open(now_ns) else "extended-hours" if session is not None else "closed"
    is_extended = word == "extended-hours" and session is not None
    local = new_york_time(now_ns)
    hours = (utc_time(now_ns) - local) // timedelta(hours=1)
    return {
        "afterHours": bool(is_extended and session is not None and now_ns >= session.close_ns),
        "earlyHours": bool(is_extended and session is not None and now_ns < session.open_ns),
        "market": word,
        "serverTime": f"{local.isoformat(timespec='seconds')}-0{hours}:00",
        "exchanges": {"nasdaq": word, "nyse": word, "otc": word},
        "currencies": {"crypto": "open", "fx": "open"},
    }


def status_upcoming(call: Call) -> list[Payload]:
    """Holidays and short days to come."""
    today = new_york_time(call.now_ns).date()
    rows: list[Payload] = []
    for ahead in range(UPCOMING_DAYS):
        day = today + timedelta(days=ahead)
        name = holidays(day.year).get(day)
        session = session_of(day)
        for exchange in ("NYSE", "NASDAQ"):
            row: Payload = {"date": day.isoformat(), "exchange": exchange}
            if name is not None:
                rows.append({**row, "name": name, "status": "closed"})
            elif session is not None and day in early_closes(day.year):
                hours = {"open": stamp(session.open_ns), "close": stamp(session.close_ns)}
                rows.append({**row, "name": "Early close", "status": "early-close", **hours})
    return rows


def stamp(time_ns: int) -> str:
    """A time with milliseconds."""
    return f"{utc_time(time_ns).isoformat(timespec='seconds')}.{time_ns % SECOND_NS // 10**6:03d}Z"
