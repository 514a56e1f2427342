"""Orders: placing, amending, canceling, and what became of them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import trading_answers as told
from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import acts, answers
from tradewind.gateway.once import key_of, once
from tradewind.gateway.order_trail import order_trail
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import aged_reply, reply
from tradewind.gateway.schemas import ChangeOrder, NewOrder
from tradewind.gateway.services import Services
from tradewind.gateway.views import accounts_by_strategy, listing, rows_page, visible_orders
from tradewind.model.errors import UserError
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument
from tradewind.model.messages import OrderIntended
from tradewind.model.numbers import parse_units
from tradewind.model.orders import Leg, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.records import DenialRow, FillRow, OrderRow
from tradewind.runtime.control_client import EngineRefused
from tradewind.runtime.control_messages import (
    AmendRequest,
    CancelRequest,
    OpenOrdersRequest,
    PlaceRequest,
)
from tradewind.runtime.person_orders import person_order_id

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

Reader = Annotated[Principal, require(Permission.READ_TRADING)]
Writer = Annotated[Principal, require(Permission.WRITE_ORDERS)]
Limit = Annotated[int, Query(ge=1, le=1000)]
INTERNAL = frozenset({"ends_as", "stated_quantity", "amends", "amends_sent"})


@router.post("", status_code=202, summary="Place an order", **acts(told.Placed))
async def place(
    request: Request, order: NewOrder, services: UseServices, principal: Writer
) -> Response:
    """Put an order in. The answer tells its id and the journal's sequence of the intent; whether
    risk let it pass and what the venue made of it is in `GET /api/v1/orders/{order_id}`.
    """
    found = await listing(services)
    _check_account(found.accounts.get(PERSON, ""), principal)
    instrument = next((each for each in found.instruments if each.id == order.instrument), None)
    if instrument is None:
        raise Problem(404, f"there is no instrument {order.instrument!r}: see /api/v1/instruments")
    order_id = order_id_of(found.journal_id, principal.user_id, key_of(request))
    intended = _intended(order, order_id, instrument)

    async def act() -> dict[str, Any]:
        done = await services.engine.ask(PlaceRequest(intended))
        await trail.note(request, "order placed", order_id, **order.model_dump(mode="json"))
        return {"order_id": order_id, **done}

    return await once(request, services, principal, act, status=202)


@router.get("", summary="Orders, newest first", **answers(told.OrdersPage))
async def orders(
    request: Request,
    services: UseServices,
    principal: Reader,
    limit: Limit = 100,
    before: Annotated[int, Query(ge=0, lt=2**63, description="cursor of the last answer")] = 0,
) -> Response:
    """All orders, the finished ones too, from the rows that follow the journal."""
    page = partial(rows_page, OrderRow, limit=limit, before=before)
    found = await run_in_threadpool(page, services, principal)
    return reply(request, found | {"rows": [_public(row) for row in found["rows"]]})


@router.get("/open", summary="Orders that still work, or may", **answers(told.OpenOrders))
async def open_orders(request: Request, services: UseServices, principal: Reader) -> Response:
    """Straight from the engine; `age_ms` says how old the answer is."""
    reading = await services.engine.read(OpenOrdersRequest())
    accounts = await accounts_by_strategy(services)
    rows = visible_orders(reading.answer["orders"], accounts, principal)
    body = {"orders": rows, "sequence": reading.answer["sequence"]}
    return aged_reply(request, services, body, reading)


@router.get(
    "/{order_id}", summary="One order with its fills and refusals", **answers(told.OrderHistory)
)
async def order(
    order_id: str, request: Request, services: UseServices, principal: Reader
) -> Response:
    """What is known of one order."""
    found = await run_in_threadpool(_history, services, principal, order_id)
    if found is None:
        raise Problem(404, f"there is no order {order_id!r}, or not yet: see /api/v1/orders")
    return reply(request, found)


@router.patch("/{order_id}", summary="Amend a working order", **acts(told.Placed))
async def amend(
    order_id: str,
    request: Request,
    change: ChangeOrder,
    services: UseServices,
    principal: Writer,
) -> Response:
    """Ask for another quantity or limit price."""
    row = await _own_open_order(services, principal, order_id)
    found = await listing(services)
    instrument = next(each for each in found.instruments if each.id == row["instrument"])
    quantity = change.quantity or row["quantity"]
    price = change.limit_price or row["limit_price"] or "0"
    wanted = AmendRequest(
        order_id,
        parse_units(quantity, instrument.quantity_digits),
        parse_units(price, instrument.price_digits),
    )

    async def act() -> dict[str, Any]:
        done = await services.engine.ask(wanted)
        await trail.note(request, "order amended", order_id, quantity=quantity, price=price)
        return {"order_id": order_id, **done}

    return await once(request, services, principal, act)


@router.delete(
    "/{order_id}", status_code=202, summary="Cancel a working order", **answers(told.Placed)
)
async def cancel(
    order_id: str, request: Request, services: UseServices, principal: Writer
) -> Response:
    """Ask for the cancel; asking twice does no harm, so no key is needed."""
    await _own_open_order(services, principal, order_id)
    done = await services.engine.ask(CancelRequest(order_id))
    await trail.note(request, "order cancel asked", order_id)
    return reply(request, {"order_id": order_id, **done}, status=202)


@router.delete(
    "", status_code=202, summary="Cancel all working orders", **answers(told.CanceledAll)
)
async def cancel_all(
    request: Request,
    services: UseServices,
    principal: Writer,
    instrument: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Ask for the cancel of every order one may see, or of those of an instrument."""
    open_now = await services.engine.ask(OpenOrdersRequest())
    own = visible_orders(open_now["orders"], await accounts_by_strategy(services), principal)
    wanted = [row["order_id"] for row in own if instrument in ("", row["instrument"])]
    sequence: int = open_now["sequence"]
    for order_id in wanted:
        sequence = await _canceled(services, order_id, sequence)
    await trail.note(request, "cancel of all asked", instrument, count=len(wanted))
    return reply(request, {"order_ids": wanted, "sequence": sequence}, status=202)


@router.get("/{order_id}/events", summary="What happened to an order", **answers(told.OrderEvents))
async def order_events(
    order_id: str, request: Request, services: UseServices, principal: Reader
) -> Response:
    """Every record of the journal that names it, from the intent on, where it still holds them."""
    found = await run_in_threadpool(_history, services, principal, order_id)
    if found is None:
        raise Problem(404, f"there is no order {order_id!r}, or not yet: see /api/v1/orders")
    return reply(request, await run_in_threadpool(order_trail, services.open_journal, order_id))


def order_id_of(journal_id: str, user_id: str, key: str) -> str:
    """The order id that an idempotency key makes: the same again for the same request.

    >>> order_id_of("j0", "u1", "a-key")
    'j0-person-w1400w5or'
    """
    return person_order_id(journal_id, f"{user_id}\n{key}")


def _intended(order: NewOrder, order_id: str, instrument: Instrument) -> OrderIntended:
    def price(text: str | None) -> int:
        return parse_units(text, instrument.price_digits) if text else 0

    flags = OrderFlag.POST_ONLY if order.post_only else OrderFlag.NONE
    flags |= OrderFlag.REDUCE_ONLY if order.reduce_only else OrderFlag.NONE
    quantity = parse_units(order.quantity, instrument.quantity_digits)
    if quantity == 0:
        raise UserError("quantity: give one above 0")
    return OrderIntended(
        0,
        order_id,
        PERSON,
        instrument.id,
        Side[order.side],
        quantity,
        OrderType[order.type],
        price(order.limit_price),
        price(order.stop_price),
        TimeInForce[order.time_in_force],
        flags,
        order.expire_time_ns,
        Leg[order.leg],
    )


def _check_account(account: str, principal: Principal) -> None:
    if not principal.may_see(account):
        raise Problem(403, f"account {account} is not yours to trade on")


async def _own_open_order(
    services: Services, principal: Principal, order_id: str
) -> dict[str, Any]:
    open_now = await services.engine.ask(OpenOrdersRequest())
    own = visible_orders(open_now["orders"], await accounts_by_strategy(services), principal)
    row = next((row for row in own if row["order_id"] == order_id), None)
    if row is None:
        raise Problem(404, f"there is no open order {order_id!r}: see /api/v1/orders/open")
    return row


async def _canceled(services: Services, order_id: str, sequence: int) -> int:
    """Ask for a cancel; an order that ended meanwhile needs none."""
    try:
        done = await services.engine.ask(CancelRequest(order_id))
    except EngineRefused:
        return sequence
    found: int = done["sequence"]
    return found


def _public(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what only the core's recovery needs."""
    return {name: value for name, value in row.items() if name not in INTERNAL}


def _history(services: Services, principal: Principal, order_id: str) -> dict[str, Any] | None:
    records = services.records()
    try:
        found = records.rows(OrderRow, {"order_id": order_id}, limit=1)
        if not found or not principal.may_see(found[0].account):
            return None
        fills = records.rows(FillRow, {"order_id": order_id}, limit=1000)
        denials = records.rows(DenialRow, {"order_id": order_id}, limit=100)
    finally:
        records.close()
    return {
        **_public(msgspec.structs.asdict(found[0])),
        "fills": [msgspec.structs.asdict(fill) for fill in fills],
        "denials": [msgspec.structs.asdict(denial) for denial in denials],
    }
