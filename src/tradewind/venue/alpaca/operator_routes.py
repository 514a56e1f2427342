"""The operator's routes that only the Alpaca venue has: what an account and its key may do."""

from __future__ import annotations

import json

from aiohttp import web

from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.desk import Desk

STATES = ("open", "blocked", "revoked")


def add_operator_routes(application: web.Application, desk: Desk) -> None:
    """`POST /admin/account {"account": "demo", "state": "blocked"}`.

    A blocked account may look and not trade; a revoked key is refused like an unknown one.
    """

    async def set_state(request: web.Request) -> web.Response:
        try:
            wanted = json.loads(await request.read())
            customer, state = desk.customer_named(wanted["account"]), wanted["state"]
        except (ValueError, KeyError, TypeError):
            return _refused("give account and state, like a name of GET /admin/accounts and open")
        if state not in STATES:
            return _refused(f"state must be one of {', '.join(STATES)}")
        _set(customer, state)
        return web.json_response({"account": customer.name, "state": state})

    application.router.add_post("/admin/account", set_state)


def _set(customer: Customer, state: str) -> None:
    customer.is_blocked = state == "blocked"
    customer.is_revoked = state == "revoked"


def _refused(sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=400)
