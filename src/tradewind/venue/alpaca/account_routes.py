"""Routes of an account of the Alpaca venue: balances, settings, activities, history, watchlists."""

from __future__ import annotations

from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from tradewind.venue.alpaca.asset_routes import asset_payload
from tradewind.venue.alpaca.buying_power import balances_of
from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.desk import Desk
from tradewind.venue.alpaca.endpoint import Call, endpoint
from tradewind.venue.alpaca.entry_checks import day_trade_count
from tradewind.venue.alpaca.numbers import cents, plain
from tradewind.venue.alpaca.refusal import not_found, unprocessable
from tradewind.venue.equities.calendar import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, new_york_time
from tradewind.venue.equities.times import rfc3339
from tradewind.venue.equities.universe import find_security

Payload = dict[str, object]
PAGE_SIZE_MAX = 100
PERIODS_NS = {"D": DAY_NS, "W": 7 * DAY_NS, "M": 30 * DAY_NS, "A": 365 * DAY_NS}
TIMEFRAMES_NS = {
    "1Min": MINUTE_NS, "5Min": 5 * MINUTE_NS, "15Min": 15 * MINUTE_NS, "1H": HOUR_NS, "1D": DAY_NS,
}  # fmt: skip
WATCHLISTS_MAX = 200


def add_account_routes(application: web.Application, desk: Desk) -> None:
    """Add the routes."""
    routes = AccountRoutes(desk)
    watch = WatchlistRoutes(desk)
    router = application.router
    router.add_get("/v2/account", endpoint(desk, routes.account))
    router.add_get("/v2/account/configurations", endpoint(desk, routes.configurations))
    router.add_patch("/v2/account/configurations", endpoint(desk, routes.configure))
    router.add_get("/v2/account/activities", endpoint(desk, routes.activities))
    router.add_get("/v2/account/activities/{kind}", endpoint(desk, routes.activities))
    router.add_get("/v2/account/portfolio/history", endpoint(desk, routes.portfolio_history))
    router.add_get("/v2/watchlists", endpoint(desk, watch.all))
    router.add_post("/v2/watchlists", endpoint(desk, watch.create))
    router.add_get("/v2/watchlists/{id}", endpoint(desk, watch.one))
    router.add_put("/v2/watchlists/{id}", endpoint(desk, watch.update))
    router.add_post("/v2/watchlists/{id}", endpoint(desk, watch.add))
    router.add_delete("/v2/watchlists/{id}", endpoint(desk, watch.delete))
    router.add_delete("/v2/watchlists/{id}/{symbol:.+}", endpoint(desk, watch.remove))


class AccountRoutes:
    """What the routes of an account do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def account(self, call: Call) -> Payload:
        """The account at current prices."""
        today = new_york_time(call.now_ns).date()
        return account_payload(self._desk, call.customer, day_trade_count(call.customer, today))

    def configurations(self, call: Call) -> Payload:
        """The account's settings."""
        return call.customer.configurations

    def configure(self, call: Call) -> Payload:
        """Change settings; those that are not known are refused."""
        known = call.customer.configurations
        unknown = [name for name in call.body if name not in known]
        if unknown:
            raise unprocessable(f"unknown configuration: {unknown[0]}")
        known.update({name: value for name, value in call.body.items() if value is not None})
        return known

    def activities(self, call: Call) -> list[Payload]:
        """What happened in the account, in pages that go on behind an id."""
        kinds = call.path.get("kind") or call.query.get("activity_types") or ""
        wanted = {each for each in kinds.split(",") if each}
        size = call.number("page_size", PAGE_SIZE_MAX, PAGE_SIZE_MAX)
        direction = call.word("direction", "desc", ("asc", "desc"))
        after_ns, until_ns, date_ns = call.time("after"), call.time("until"), call.time("date")
        first = rfc3339(date_ns) if date_ns is not None else ""
        after = rfc3339(after_ns) if after_ns is not None else first
        until = rfc3339(until_ns) if until_ns is not None else ""
        if date_ns is not None:
            until = rfc3339(date_ns + DAY_NS)
        rows = [
            row
            for row in call.customer.activities
            if (not wanted or row["activity_type"] in wanted)
            and (not after or time_of(row) > after)
            and (not until or time_of(row) < until)
        ]
        if direction == "desc":
            rows.reverse()
        token = call.query.get("page_token")
        if token:
            ids = [row["id"] for row in rows]
            rows = rows[ids.index(token) + 1 :] if token in ids else []
        return rows[:size]

    def portfolio_history(self, call: Call) -> Payload:
        """Equity at each step of a period, as far as it is known here."""
        period = call.query.get("period", "1M")
        unit = PERIODS_NS.get(period[-1:])
        if unit is None or not period[:-1].isdecimal():
            raise unprocessable(f"invalid period: {period}")
        timeframe = call.word("timeframe", "15Min", tuple(TIMEFRAMES_NS))
        step_ns = TIMEFRAMES_NS[timeframe]
        begin_ns = call.now_ns - int(period[:-1]) * unit
        curve = [*call.customer.equity_curve, (call.now_ns, self._equity(call.customer))]
        steps: dict[int, Decimal] = {}
        for time_ns, equity in curve:
            if time_ns >= begin_ns:
                steps[time_ns // step_ns * step_ns] = equity
        base = call.customer.equity_curve[0][1] if call.customer.equity_curve else curve[0][1]
        return {
            "timestamp": [time_ns // SECOND_NS for time_ns in steps],
            "equity": [float(equity) for equity in steps.values()],
            "profit_loss": [float(equity - base) for equity in steps.values()],
            "profit_loss_pct": [
                float(equity / base - 1) if base else 0.0 for equity in steps.values()
            ],
            "base_value": float(base),
            "timeframe": timeframe,
        }

    def _equity(self, customer: Customer) -> Decimal:
        return balances_of(customer, self._desk.broker.price).equity


def account_payload(desk: Desk, customer: Customer, day_trades: int) -> Payload:
    """An account as the venue shows it."""
    balances = balances_of(customer, desk.broker.price)
    return {
        "id": customer.id,
        "account_number": customer.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "cash": plain(balances.cash),
        "portfolio_value": plain(balances.equity),
        "equity": plain(balances.equity),
        "last_equity": plain(customer.last_equity),
        "buying_power": cents(balances.buying_power),
        "regt_buying_power": cents(balances.regulation_t),
        "daytrading_buying_power": cents(balances.day_trading),
        "non_marginable_buying_power": cents(balances.cash_power),
        "effective_buying_power": cents(balances.buying_power),
        "options_buying_power": "0",
        "accrued_fees": "0",
        "multiplier": str(balances.multiplier),
        "initial_margin": plain(balances.initial_margin),
        "maintenance_margin": plain(balances.maintenance_margin),
        "last_maintenance_margin": plain(balances.maintenance_margin),
        "sma": "0",
        "daytrade_count": day_trades,
        "long_market_value": plain(balances.long_value),
        "short_market_value": plain(balances.short_value),
        "pattern_day_trader": False,
        "trading_blocked": customer.is_blocked,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": bool(customer.configurations["suspend_trade"]),
        "shorting_enabled": not customer.configurations["no_shorting"],
        "created_at": rfc3339(customer.created_ns),
    }


class WatchlistRoutes:
    """What the routes of watchlists do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._count = 0

    def all(self, call: Call) -> list[Payload]:
        """All lists, without their assets."""
        return [
            {name: value for name, value in each.items() if name != "assets"}
            for each in call.customer.watchlists.values()
        ]

    def create(self, call: Call) -> Payload:
        """A new list."""
        if len(call.customer.watchlists) >= WATCHLISTS_MAX:
            raise unprocessable(f"no more than {WATCHLISTS_MAX} watchlists are allowed")
        self._count += 1
        stamp = rfc3339(call.now_ns)
        watchlist: Payload = {
            "id": str(uuid5(NAMESPACE_URL, f"{call.customer.id}:watchlist:{self._count}")),
            "account_id": call.customer.id,
            "created_at": stamp,
            "updated_at": stamp,
            "name": name_of(call),
            "assets": assets_of(call),
        }
        call.customer.watchlists[str(watchlist["id"])] = watchlist
        return watchlist

    def one(self, call: Call) -> Payload:
        """One list with its assets."""
        watchlist = call.customer.watchlists.get(call.path["id"])
        if watchlist is None:
            raise not_found("watchlist not found")
        return watchlist

    def update(self, call: Call) -> Payload:
        """Another name, other assets."""
        watchlist = self.one(call)
        if call.body.get("name"):
            watchlist["name"] = name_of(call)
        if call.body.get("symbols") is not None:
            watchlist["assets"] = assets_of(call)
        watchlist["updated_at"] = rfc3339(call.now_ns)
        return watchlist

    def add(self, call: Call) -> Payload:
        """One asset more."""
        watchlist = self.one(call)
        asset = known_asset(str(call.body.get("symbol") or ""))
        assets = watchlist["assets"]
        assert isinstance(assets, list)
        if asset not in assets:
            watchlist["assets"] = [*assets, asset]
        return watchlist

    def remove(self, call: Call) -> Payload:
        """One asset less."""
        watchlist = self.one(call)
        assets = watchlist["assets"]
        assert isinstance(assets, list)
        symbol = known_asset(call.path["symbol"])["symbol"]
        watchlist["assets"] = [asset for asset in assets if asset["symbol"] != symbol]
        return watchlist

    def delete(self, call: Call) -> web.Response:
        """A list less."""
        self.one(call)
        del call.customer.watchlists[call.path["id"]]
        return web.Response(status=204)


def name_of(call: Call) -> str:
    """The name that a body gives a list."""
    name = call.body.get("name")
    if not isinstance(name, str) or not name:
        raise unprocessable("name is required")
    return name


def assets_of(call: Call) -> list[Payload]:
    """The assets that a body names."""
    symbols = call.body.get("symbols") or []
    if not isinstance(symbols, list):
        raise unprocessable("symbols must be a list")
    return [known_asset(str(symbol)) for symbol in symbols]


def known_asset(symbol: str) -> Payload:
    """An asset by its symbol."""
    security = find_security(symbol)
    if security is None:
        raise not_found(f"asset not found for {symbol}")
    return asset_payload(security)


def time_of(row: Payload) -> str:
    """When an activity was: its moment, or the day that a payment belongs to."""
    return str(row.get("transaction_time") or row["date"])
