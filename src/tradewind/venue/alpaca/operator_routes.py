"""The operator's routes that only the Alpaca venue has: what an account and its key may do."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation

from aiohttp import web

from tradewind.venue.alpaca.customer import Customer
from tradewind.venue.alpaca.desk import Desk

STATES = ("open", "blocked", "revoked")


def add_operator_routes(application: web.Application, desk: Desk) -> None:
    """`POST /admin/account {"account": "demo", "state": "blocked"}`.

    A blocked account may look and not trade; a revoked key is refused like an unknown one.
    `POST /admin/activity {"account": "demo", "type": "DIV", "net_amount": "1.02"}` pays a dividend,
    interest (INT), a fee (FEE) or another activity that is no execution.
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

    async def pay(request: web.Request) -> web.Response:
        try:
            wanted = json.loads(await request.read())
            customer, kind = desk.customer_named(wanted["account"]), str(wanted["type"])
            amount, symbol = Decimal(str(wanted["net_amount"])), str(wanted.get("symbol", ""))
        except (ValueError, KeyError, TypeError, InvalidOperation):
            return _refused('give account, type like "DIV", and net_amount')
        row = desk.broker.pay(customer, amount, desk.chaos.clock.now_ns(), kind=kind, symbol=symbol)
        return web.json_response(row)

    application.router.add_post("/admin/account", set_state)
    application.router.add_post("/admin/activity", pay)


def _set(customer: Customer, state: str) -> None:
    customer.is_blocked = state == "blocked"
    customer.is_revoked = state == "revoked"


def _refused(sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=400)
