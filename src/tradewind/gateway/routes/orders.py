"""Orders: placing, amending, canceling, and what became of them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import trading_answers as told
from tradewind.core.held_terms import PERCENT_DIGITS
from tradewind.core.trails import check_trail
from tradewind.gateway import trail
from tradewind.gateway.access import UseServices, require
from tradewind.gateway.described import acts, answers
from tradewind.gateway.engine_link import EngineAbsent
from tradewind.gateway.kept_replies import Made
from tradewind.gateway.once import key_of, once
from tradewind.gateway.order_trail import order_trail
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import aged_reply, reply
from tradewind.gateway.schemas import ChangeOrder, NewOrder
from tradewind.gateway.services import Services
from tradewind.gateway.views import accounts_by_strategy, listing, rows_page, visible_orders
from tradewind.gateway.worked_orders import is_worked, worked_order, written
from tradewind.model.algorithm_messages import AlgorithmIntended
from tradewind.model.conditional_messages import ConditionalIntended, Trigger
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import parse_units
from tradewind.ports.records import DenialRow, FillRow, OrderRow
from tradewind.runtime.control_messages import (
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    HeldOrderRequest,
    OpenOrdersRequest,
    PlaceRequest,
)
from tradewind.runtime.person_orders import person_order_id
from tradewind.runtime.read_models import Listing
from tradewind.runtime.wanted_orders import Wanted, wanted_exits, wanted_order

AnyWanted = Wanted | AlgorithmIntended

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

Reader = Annotated[Principal, require(Permission.READ_TRADING)]
Writer = Annotated[Principal, require(Permission.WRITE_ORDERS)]
Limit = Annotated[int, Query(ge=1, le=1000)]
HELD = "HELD"
"""The state of an order that the core holds."""
STOPS = ("STOP", "STOP_LIMIT")
INTERNAL = frozenset({"ends_as", "stated_quantity", "amends", "amends_sent"})


@router.post("", status_code=202, summary="Place an order", **acts(told.OrderPlaced))
async def place(
    request: Request, order: NewOrder, services: UseServices, principal: Writer
) -> Response:
    """Put an order in. The answer tells its id and the journal's sequence of the intent; whether
    risk let it pass and what the venue made of it is in `GET /api/v1/orders/{order_id}`. One that
    the core holds is HELD there and in `GET /api/v1/orders/open` until it is sent, and so are a
    bracket's exits.
    """
    found = await listing(services)
    _check_account(found.accounts.get(PERSON, ""), principal)
    route = order.instrument if order.instrument in found.routes else ""
    name = found.routes[route][0] if route else order.instrument
    instrument = next((each for each in found.instruments if each.id == name), None)
    if instrument is None:
        raise Problem(404, f"there is no instrument {order.instrument!r}: see /api/v1/instruments")
    key = key_of(request)
    order_id = order_id_of(found.journal_id, principal.user_id, key)

    def exit_id(name: str) -> str:
        return order_id_of(found.journal_id, principal.user_id, f"{key}\n{name}")

    intended: AnyWanted
    exits: tuple[ConditionalIntended, ...] = ()
    if is_worked(order, route):
        now_ns = services.now_ns()
        intended = worked_order(order, order_id, instrument, time_ns=now_ns, route=route)
    else:
        plain = written(order)
        intended = wanted_order(plain, order_id, instrument, principal.user_id)
        exits = wanted_exits(plain, order_id, instrument, exit_id)

    async def act() -> dict[str, Any]:
        done = await services.engine.ask(PlaceRequest(intended, exits))
        await trail.note(request, "order placed", order_id, **order.model_dump(mode="json"))
        return {"order_id": order_id, "exit_ids": [exit.order_id for exit in exits], **done}

    return await once(request, services, principal, act, status=202)


@router.get("", summary="Orders, newest first", **answers(told.OrdersPage))
async def orders(
    request: Request,
    services: UseServices,
    principal: Reader,
    limit: Limit = 100,
    before: Annotated[int, Query(ge=0, lt=2**63, description="cursor of the last answer")] = 0,
) -> Response:
    """All orders, the finished ones too, from the rows that follow the journal. A parent (its
    `type` is an algorithm) and its children are rows both: quantities of all rows added up count
    what a parent does twice, notionals do not, for a parent has none of its own.
    """
    page = partial(rows_page, OrderRow, limit=limit, before=before)
    found = await run_in_threadpool(page, services, principal)
    return reply(request, found | {"rows": [_public(row) for row in found["rows"]]})


@router.get("/open", summary="Orders that still work, or may", **answers(told.OpenOrders))
async def open_orders(request: Request, services: UseServices, principal: Reader) -> Response:
    """Straight from the engine; `age_ms` says how old the answer is."""

    async def make(max_age_ns: int) -> Made:
        reading = await services.engine.read(OpenOrdersRequest(), max_age_ns)
        accounts = await accounts_by_strategy(services)
        rows = visible_orders(reading.answer["orders"], accounts, principal)
        return {"orders": rows, "sequence": reading.answer["sequence"]}, reading.time_ns

    return await aged_reply(request, services, make)


@router.get(
    "/{order_id}", summary="One order with its fills and refusals", **answers(told.OrderHistory)
)
async def order(
    order_id: str, request: Request, services: UseServices, principal: Reader
) -> Response:
    """What is known of one order. One that the core works with children is WORKED, its `type` the
    algorithm, until it is FILLED or CANCELED with the `reason`; its `filled_quantity` is what its
    children have filled. They have the fills, under its id with `.1`, `.2` and so on behind. One
    that the core holds is HELD: `stop_price` is the price that lets it go, of a stop that trails
    as it stands now, and `reason` says what it waits for.
    """
    return reply(request, await _known(services, principal, order_id))


@router.patch("/{order_id}", summary="Amend a working order", **acts(told.Placed))
async def amend(
    order_id: str,
    request: Request,
    change: ChangeOrder,
    services: UseServices,
    principal: Writer,
) -> Response:
    """Ask for another quantity or limit price, and of a stop, or of an order that the core holds
    (its `state` is HELD), for another stop price. Where the venue of a stop changes none, it is
    canceled and one in its stead is held until that is confirmed: its id has `_2` behind it.
    A stop that trails (its `type` is TRAIL) takes another distance, from the price of now on.
    """
    row = await _own_open_order(services, principal, order_id)
    if change.stop_price and row["state"] != HELD and row["type"] not in STOPS:
        raise Problem(400, f"stop_price: {order_id} is a {row['type']} order: it has none")
    found = await listing(services)
    instrument = next(each for each in found.instruments if each.id == row["instrument"])
    quantity = change.quantity or row["quantity"]
    price = change.limit_price or row["limit_price"] or "0"
    wanted = AmendRequest(
        order_id,
        parse_units(quantity, instrument.quantity_digits),
        parse_units(price, instrument.price_digits),
        parse_units(change.stop_price or "0", instrument.price_digits),
        *_distance(change, row, instrument),
    )

    async def act() -> dict[str, Any]:
        done = await services.engine.ask(wanted)
        terms = change.model_dump(exclude_none=True)
        await trail.note(request, "order amended", order_id, **terms)
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
    strategy: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Ask for the cancel of every order one may see, or of those of an instrument, of a strategy
    (`person` for those of people), or of both. Those that the core holds end too. One record of
    the journal does it.
    """
    found = await listing(services)
    _check_named(instrument, strategy, found, principal)
    open_now = await services.engine.ask(OpenOrdersRequest())
    own = visible_orders(open_now["orders"], found.accounts, principal)
    wanted = [
        row["order_id"]
        for row in own
        if instrument in ("", row["instrument"]) and strategy in ("", row["strategy"])
    ]
    sequence: int = open_now["sequence"]
    for owner in _owners(strategy, found.accounts, principal):
        done = await services.engine.ask(CancelAllRequest(owner, instrument))
        sequence = done["sequence"]
    which = {"instrument": instrument, "strategy": strategy}
    await trail.note(request, "cancel of all asked", instrument, count=len(wanted), **which)
    return reply(request, {"order_ids": wanted, "sequence": sequence}, status=202)


@router.get("/{order_id}/events", summary="What happened to an order", **answers(told.OrderEvents))
async def order_events(
    order_id: str, request: Request, services: UseServices, principal: Reader
) -> Response:
    """Every record of the journal that names it, from the intent on, where it still holds them."""
    await _known(services, principal, order_id)
    return reply(request, await run_in_threadpool(order_trail, services.open_journal, order_id))


def order_id_of(journal_id: str, user_id: str, key: str) -> str:
    """The order id that an idempotency key makes: the same again for the same request.

    >>> order_id_of("j0", "u1", "a-key")
    'j0-person-w1400w5or'
    """
    return person_order_id(journal_id, f"{user_id}\n{key}")


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
        ended = await run_in_threadpool(_history, services, principal, order_id)
        if ended is not None and not ended["is_open"]:
            raise Problem(409, f"{order_id} is {ended['state']}: only an open order can be changed")
        raise Problem(404, f"there is no open order {order_id!r}: see /api/v1/orders/open")
    return row


def _check_named(instrument: str, strategy: str, found: Listing, principal: Principal) -> None:
    """A slip of the pen must not look like a cancel."""
    if instrument and all(each.id != instrument for each in found.instruments):
        raise Problem(404, f"there is no instrument {instrument!r}: see /api/v1/instruments")
    is_seen = strategy in found.accounts and principal.may_see(found.accounts[strategy])
    if strategy and not is_seen:
        raise Problem(404, f"there is no strategy {strategy!r}: see /api/v1/strategies")


def _owners(strategy: str, accounts: dict[str, str], principal: Principal) -> list[str]:
    """Whose orders to cancel: "" for all, unless some are on accounts that are not one's own."""
    if strategy:
        return [strategy]
    visible = [name for name, account in accounts.items() if principal.may_see(account)]
    return [""] if len(visible) == len(accounts) else visible


def _public(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what only the core's recovery needs."""
    return {name: value for name, value in row.items() if name not in INTERNAL}


async def _known(services: Services, principal: Principal, order_id: str) -> dict[str, Any]:
    """What was written down of an order, or else what the core holds."""
    found = await run_in_threadpool(_history, services, principal, order_id)
    if found is None:
        held = await _held(services, order_id)
        if held is not None and principal.may_see(held["account"]):
            found = held | {"fills": [], "denials": []}
    if found is None:
        raise Problem(404, f"there is no order {order_id!r}, or not yet: see /api/v1/orders")
    return found


async def _held(services: Services, order_id: str) -> dict[str, Any] | None:
    """None as well where no engine runs: then nothing is held."""
    try:
        held: dict[str, Any] | None = await services.engine.ask(HeldOrderRequest(order_id))
    except EngineAbsent:
        return None
    return held


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


def _distance(change: ChangeOrder, row: Any, instrument: Instrument) -> tuple[int, int]:
    """The distance that a stop shall trail by, in price units and as a share; 0 for as it is."""
    if change.trail is None and change.trail_percent is None:
        return 0, 0
    if row["type"] != Trigger.TRAIL.name:
        raise Problem(400, f"trail: {row['order_id']} is no stop that trails")
    distance = parse_units(change.trail or "0", instrument.price_digits)
    share = parse_units(change.trail_percent or "0", PERCENT_DIGITS)
    check_trail(distance, share)
    if not distance and not share:
        raise Problem(400, "trail: the distance of a stop that trails is above 0")
    return distance, share
