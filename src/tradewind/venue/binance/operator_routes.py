"""The operator's routes that only the Binance venues have: keys and their rights, listings."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tradewind.venue.binance.keys import ApiKey, key_text

if TYPE_CHECKING:
    from tradewind.venue.binance.venue import BinanceVenue

KEY_STATES = ("good", "read-only", "revoked")


def add_operator_routes(application: web.Application, venue: BinanceVenue) -> None:
    """`POST /admin/key {"account": "demo", "state": "revoked"}`,
    `POST /admin/keys {"account": "demo", "state": "read-only"}` for one key more, and
    `POST /admin/listing {"symbol": "BTCUSDT", "state": "delisted"}`.

    A revoked key is refused like an unknown one, and its connections are cut.
    """

    async def set_key(request: web.Request) -> web.Response:
        wanted = await _body(request)
        state = wanted.get("state")
        keys = [key for key in venue.keys.values() if key.account.name == wanted.get("account")]
        if state not in KEY_STATES or not keys:
            return _refused(f"give account and state, one of {', '.join(KEY_STATES)}")
        for key in keys:
            venue.keys[key.key] = replace(
                key, is_revoked=state == "revoked", may_trade=state == "good"
            )
        if state == "revoked":
            venue.sockets.cut_all()
        return web.json_response(wanted)

    async def make_key(request: web.Request) -> web.Response:
        wanted = await _body(request)
        state, account = wanted.get("state"), venue.exchange.accounts.get(wanted.get("account", ""))
        if state not in KEY_STATES or account is None:
            return _refused(f"give account and state, one of {', '.join(KEY_STATES)}")
        name = f"{account.name}-{len(venue.keys)}"
        made = ApiKey(
            key_text(name, "key"),
            account,
            secret=key_text(name, "secret"),
            may_trade=state == "good",
            is_revoked=state == "revoked",
        )
        venue.add_key(made)
        return web.json_response({**wanted, "key": made.key, "secret": made.secret})

    async def set_listing(request: web.Request) -> web.Response:
        wanted = await _body(request)
        symbol, state = str(wanted.get("symbol")), wanted.get("state")
        if symbol not in venue.exchange.books or state not in ("listed", "delisted"):
            return _refused("give symbol and state, listed or delisted")
        (venue.delisted.add if state == "delisted" else venue.delisted.discard)(symbol)
        return web.json_response(wanted)

    application.router.add_post("/admin/key", set_key)
    application.router.add_post("/admin/keys", make_key)
    application.router.add_post("/admin/listing", set_listing)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.read())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refused(sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=400)
