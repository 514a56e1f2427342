"""The operator's routes of a local venue: its log, its accounts, its faults.

`GET /admin` says what there is. They are open to whoever reaches the port, so the venue listens
on the loopback interface only, unless told otherwise.
"""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tradewind.model.errors import UserError
from tradewind.venue.faults import FAULTS

if TYPE_CHECKING:
    from tradewind.venue.server import VenueProtocol

BURST_MAX = 2_000_000
GOODBYE_S = 0.05
"""Between the last message of a venue that closes and the cut."""
ROUTES: dict[str, str] = {
    "GET /admin": "name, accounts with their keys, symbols, routes, faults there are",
    "GET /admin/log": "the venue's own log of requests, orders and fills; ?since=SEQUENCE",
    "GET /admin/accounts": "balances of every account",
    "GET /admin/faults": "the faults that are on and how often each struck",
    "POST /admin/faults": '{"name": "reply-lost", "probability": 1, "count": 1, "value": 0}',
    "DELETE /admin/faults": "all faults off",
    "DELETE /admin/faults/{name}": "one fault off",
    "POST /admin/deposit": '{"account": "demo", "asset": "USDT", "amount": "100"}',
    "POST /admin/halt": '{"symbol": "BTCUSDT"}: new orders of a symbol are refused',
    "POST /admin/resume": '{"symbol": "BTCUSDT"}: they are taken again',
    "POST /admin/bust": '{"order_id": 1, "trade_id": 5}: a fill is taken back',
    "GET /admin/market": "where the market comes from and how far it is",
    "POST /admin/burst": '{"channel": "btcusdt@bookTicker", "count": 100000}: many messages',
    "POST /admin/sockets/cut": "every WebSocket is cut",
}


def admin_routes(application: web.Application, protocol: VenueProtocol) -> None:
    """Add the operator's routes."""
    admin = Admin(protocol)
    router = application.router
    router.add_get("/admin", admin.index)
    router.add_get("/admin/log", admin.log)
    router.add_get("/admin/accounts", admin.accounts)
    router.add_get("/admin/faults", admin.faults)
    router.add_post("/admin/faults", admin.switch_on)
    router.add_delete("/admin/faults", admin.all_off)
    router.add_delete("/admin/faults/{name}", admin.switch_off)
    router.add_post("/admin/deposit", admin.deposit)
    router.add_post("/admin/halt", admin.halt)
    router.add_post("/admin/resume", admin.resume)
    router.add_post("/admin/bust", admin.bust)
    router.add_get("/admin/market", admin.market)
    router.add_post("/admin/burst", admin.burst)
    router.add_post("/admin/sockets/cut", admin.cut)


class Admin:
    """Handlers of the operator's routes over a protocol."""

    def __init__(self, protocol: VenueProtocol) -> None:
        self._protocol = protocol
        self._exchange = protocol.exchange
        self._faults = protocol.chaos.faults

    async def index(self, _: web.Request) -> web.Response:
        """What this venue is and offers."""
        about = self._protocol.describe()
        return web.json_response({**about, "routes": ROUTES, "faults": FAULTS})

    async def log(self, request: web.Request) -> web.Response:
        """The venue's own log behind a sequence."""
        since = request.query.get("since", "0")
        if not since.isdecimal():
            return _refused(f"since={since!r} is no sequence")
        return web.json_response(self._exchange.log.since(int(since)))

    async def accounts(self, _: web.Request) -> web.Response:
        """All balances, as text."""
        rows = {
            account.name: {
                asset: {"free": f"{balance.free:f}", "locked": f"{balance.locked:f}"}
                for asset, balance in account.balances.items()
            }
            for account in self._exchange.accounts.values()
        }
        return web.json_response(rows)

    async def faults(self, _: web.Request) -> web.Response:
        """The faults that are on."""
        return web.json_response(self._faults.rows())

    async def switch_on(self, request: web.Request) -> web.Response:
        """Switch a fault on."""
        try:
            wanted = await _body(request)
            name = str(wanted.pop("name", ""))
            self._faults.switch_on(name, **wanted)
        except (UserError, TypeError) as error:
            return _refused(str(error))
        if name == "maintenance":
            self._protocol.chaos.goodbye()
            await asyncio.sleep(GOODBYE_S)
            self._protocol.sockets.cut_all()
        return await self.faults(request)

    async def switch_off(self, request: web.Request) -> web.Response:
        """Switch one fault off."""
        self._faults.switch_off(request.match_info["name"])
        return await self.faults(request)

    async def all_off(self, request: web.Request) -> web.Response:
        """Switch all faults off."""
        self._faults.on.clear()
        return await self.faults(request)

    async def deposit(self, request: web.Request) -> web.Response:
        """Give an account something; a negative amount takes it away."""
        try:
            wanted = await _body(request)
            account = self._exchange.accounts[str(wanted["account"])]
            asset, amount = str(wanted["asset"]), Decimal(str(wanted["amount"]))
        except (UserError, KeyError, InvalidOperation):
            return _refused("give account, asset and amount, as GET /admin/accounts shows them")
        account.balance(asset).free += amount
        now_ns = self._protocol.chaos.clock.now_ns()
        self._exchange.log.note("deposit", now_ns, account=account.name, asset=asset, amount=amount)
        self._exchange.voice.balances(account, (asset,), now_ns)
        return await self.accounts(request)

    async def halt(self, request: web.Request) -> web.Response:
        """Refuse new orders of a symbol."""
        return await self._halt(request, "Market is closed.")

    async def resume(self, request: web.Request) -> web.Response:
        """Take new orders of a symbol again."""
        return await self._halt(request, "")

    async def _halt(self, request: web.Request, reason: str) -> web.Response:
        try:
            symbol = str((await _body(request)).get("symbol", ""))
        except UserError as error:
            return _refused(str(error))
        if symbol not in self._exchange.books:
            return _refused(f"there is no symbol {symbol!r}")
        if reason:
            self._exchange.halts[symbol] = reason
        else:
            self._exchange.halts.pop(symbol, None)
        return web.json_response(self._exchange.halts)

    async def bust(self, request: web.Request) -> web.Response:
        """Take a fill back."""
        try:
            wanted = await _body(request)
            order = self._exchange.orders[int(wanted["order_id"])]
            fill = next(each for each in order.fills if each.trade_id == int(wanted["trade_id"]))
        except (UserError, KeyError, ValueError, StopIteration):
            return _refused("give order_id and trade_id of a fill, as GET /admin/log shows them")
        if fill.is_busted:
            return _refused("that fill was taken back already")
        self._exchange.bust(order, fill, self._protocol.chaos.clock.now_ns())
        return web.json_response({"order_id": order.id, "trade_id": fill.trade_id})

    async def market(self, _: web.Request) -> web.Response:
        """Where the market comes from."""
        return web.json_response(self._protocol.market.describe())

    async def burst(self, request: web.Request) -> web.Response:
        """Send many messages at once."""
        try:
            wanted = await _body(request)
            channel, count = str(wanted["channel"]), int(wanted["count"])
        except (UserError, KeyError, ValueError):
            return _refused("give channel and count")
        if not 0 < count <= BURST_MAX:
            return _refused(f"count must lie in 1 .. {BURST_MAX}")
        return web.json_response({"sent": await self._protocol.burst(channel, count)})

    async def cut(self, _: web.Request) -> web.Response:
        """Cut every WebSocket."""
        count = len(self._protocol.sockets)
        self._protocol.sockets.cut_all()
        return web.json_response({"cut": count})


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except json.JSONDecodeError:
        raise UserError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise UserError("the body must be a JSON object")
    return body


def _refused(sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=400)
