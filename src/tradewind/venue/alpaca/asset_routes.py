"""Routes of the Alpaca venue that tell of assets, the clock and the calendar."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web

from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.endpoint import Call, endpoint
from tradewind.venue.alpaca.refusal import not_found
from tradewind.venue.equities.actions import Dividend, Split
from tradewind.venue.equities.calendar import (
    FIRST_YEAR,
    HOUR_NS,
    LAST_YEAR,
    SECOND_NS,
    Session,
    is_open,
    new_york_offset_hours,
    new_york_time,
    next_close_ns,
    next_session,
    sessions_between,
    utc_time,
)
from tradewind.venue.equities.times import day_of
from tradewind.venue.equities.universe import SECURITIES, Security, find_security

Payload = dict[str, object]


def add_asset_routes(application: web.Application, desk: Desk) -> None:
    """Add the routes."""
    routes = AssetRoutes(desk)
    router = application.router
    router.add_get("/v2/assets", endpoint(desk, routes.assets))
    router.add_get("/v2/assets/{symbol:.+}", endpoint(desk, routes.asset))
    router.add_get("/v2/clock", endpoint(desk, routes.clock))
    router.add_get("/v2/calendar", endpoint(desk, routes.calendar))
    router.add_get("/v2/options/contracts", endpoint(desk, routes.contracts))
    router.add_get("/v2/corporate_actions/announcements", endpoint(desk, routes.announcements))


class AssetRoutes:
    """What the routes do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def assets(self, call: Call) -> list[Payload]:
        """Assets by state, class and exchange."""
        state = call.query.get("status")
        asset_class = call.query.get("asset_class")
        exchange = call.query.get("exchange")
        return [
            asset_payload(security)
            for security in SECURITIES.values()
            if state in (None, "", "active" if security.is_active else "inactive")
            and asset_class in (None, "", security.asset_class)
            and exchange in (None, "", security.exchange)
        ]

    def asset(self, call: Call) -> Payload:
        """One asset by symbol or id."""
        security = find_security(call.path["symbol"])
        if security is None:
            raise not_found(f"asset not found for {call.path['symbol']}")
        return asset_payload(security)

    def clock(self, call: Call) -> Payload:
        """The time in New York, and when the market opens and closes next."""
        return {
            "timestamp": new_york_text(call.now_ns, with_fraction=True),
            "is_open": is_open(call.now_ns),
            "next_open": new_york_text(next_session(call.now_ns).open_ns),
            "next_close": new_york_text(next_close_ns(call.now_ns)),
        }

    def calendar(self, call: Call) -> list[Payload]:
        """Sessions from a day to another, both included."""
        first_ns, last_ns = call.time("start"), call.time("end")
        first = date(FIRST_YEAR, 1, 1) if first_ns is None else day_of(first_ns)
        last = date(LAST_YEAR, 12, 31) if last_ns is None else day_of(last_ns)
        return [calendar_payload(session) for session in sessions_between(first, last)]

    def contracts(self, _: Call) -> Payload:
        """There are no options here."""
        return {"option_contracts": [], "next_page_token": None}

    def announcements(self, call: Call) -> list[Payload]:
        """Corporate actions in the older form."""
        since = call.query.get("since", "0000-00-00")
        until = call.query.get("until", "9999-12-31")
        kinds = call.query.get("ca_types", "dividend,split").lower().split(",")
        symbol = call.query.get("symbol")
        actions: list[Split | Dividend] = []
        if "split" in kinds:
            actions += self._desk.actions.splits
        if "dividend" in kinds:
            actions += self._desk.actions.dividends
        return [
            announcement_payload(action)
            for action in actions
            if since <= action.day.isoformat() <= until and symbol in (None, action.symbol)
        ]


def asset_payload(security: Security) -> Payload:
    """An asset as the venue shows it."""
    is_crypto = security.is_crypto
    payload: Payload = {
        "id": security.id,
        "class": security.asset_class,
        "exchange": security.exchange,
        "symbol": security.symbol,
        "name": security.name,
        "status": "active" if security.is_active else "inactive",
        "tradable": security.is_active,
        "marginable": not is_crypto and security.is_active,
        "maintenance_margin_requirement": 100 if is_crypto else 30,
        "shortable": security.is_shortable,
        "easy_to_borrow": security.is_shortable,
        "fractionable": security.is_fractionable,
        "attributes": [],
    }
    if is_crypto:
        payload["min_order_size"] = security.print_lot
        payload["min_trade_increment"] = security.lot
        payload["price_increment"] = security.tick
    return payload


def calendar_payload(session: Session) -> Payload:
    """A session as the venue shows it, in New York's time."""
    opens, closes = new_york_time(session.open_ns), new_york_time(session.close_ns)
    return {
        "date": session.day.isoformat(),
        "open": f"{opens:%H:%M}",
        "close": f"{closes:%H:%M}",
        "session_open": f"{new_york_time(session.pre_ns):%H%M}",
        "session_close": f"{new_york_time(session.post_ns):%H%M}",
        "settlement_date": (session.day + timedelta(days=1)).isoformat(),
    }


def announcement_payload(action: Split | Dividend) -> Payload:
    """A corporate action in the older form."""
    is_split = isinstance(action, Split)
    return {
        "id": action.id,
        "corporate_action_id": action.id,
        "ca_type": "split" if is_split else "dividend",
        "ca_sub_type": "stock_split" if is_split else "cash",
        "initiating_symbol": action.symbol,
        "target_symbol": action.symbol,
        "initiating_original_cusip": "000000000",
        "target_original_cusip": "000000000",
        "declaration_date": action.day.isoformat(),
        "ex_date": action.day.isoformat(),
        "record_date": action.day.isoformat(),
        "payable_date": action.day.isoformat(),
        "cash": "0" if isinstance(action, Split) else str(action.cash),
        "old_rate": str(action.old) if isinstance(action, Split) else "1",
        "new_rate": str(action.new) if isinstance(action, Split) else "1",
    }


def new_york_text(time_ns: int, *, with_fraction: bool = False) -> str:
    """A time as RFC 3339 with New York's offset.

    >>> new_york_text(1767623400 * 10**9)
    '2026-01-05T09:30:00-05:00'
    """
    hours = new_york_offset_hours(time_ns)
    text = utc_time(time_ns - hours * HOUR_NS).isoformat(timespec="seconds")
    fraction = f".{time_ns % SECOND_NS:09d}" if with_fraction else ""
    return f"{text}{fraction}-0{hours}:00"
