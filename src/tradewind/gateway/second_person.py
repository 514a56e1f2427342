"""The second person: what is dangerous happens when two people ask for the same, one by one.

The first one's wish is an entry of the audit trail and nothing else; whoever may do it too and
sends the same within the time of this file lets it happen. So no list of waiting wishes can be
lost, changed or forgotten.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import msgspec
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from tradewind.gateway import trail
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.services import Services
from tradewind.ports.audit import AuditEntry

WAIT_NS = 15 * 60 * 10**9
LOOKED_AT_MAX = 1_000
"""Entries of the trail among which a first wish is found."""
SHOWN_LENGTH_MAX = 500
ASKED, AGREED = "second person asked", "second person agreed"
LOWER_IS_TIGHTER = frozenset(
    {
        "order_quantity",
        "order_notional",
        "position_quantity",
        "position_notional",
        "gross_exposure",
        "net_exposure",
        "leverage",
        "concentration",
        "capital",
        "risk_per_trade",
        "price_collar",
        "stale_price_ns",
        "orders_per_second",
        "open_orders",
    }
)


async def need_second_person(
    request: Request, services: Services, principal: Principal, wanted: Any
) -> None:
    """Return where another person asked for the same before; else note the wish and refuse.

    Raises `Problem`. Does nothing where two people are not asked for.
    """
    if not services.options.needs_two_people:
        return
    what = f"{request.method} {request.url.path}"
    digest = hashlib.sha256(what.encode() + msgspec.json.encode(wanted, order="deterministic"))
    target = digest.hexdigest()[:32]
    found = await run_in_threadpool(services.audit.newest, before=0, limit=LOOKED_AT_MAX)
    first = first_wish(found, target, since_ns=services.now_ns() - WAIT_NS)
    if first is not None and _user_of(first) != principal.user_id:
        await trail.note(request, AGREED, target, asked_by=first.actor)
        return
    shown = msgspec.json.encode(wanted).decode()[:SHOWN_LENGTH_MAX]
    await trail.note(request, ASKED, target, user_id=principal.user_id, what=what, wanted=shown)
    raise Problem(409, "noted: it happens when a second person sends the same within 15 minutes")


def first_wish(found: list[AuditEntry], target: str, *, since_ns: int) -> AuditEntry | None:
    """The wish that waits for a second person, among entries that are the newest first."""
    for entry in found:
        if entry.target == target and entry.action == AGREED:
            return None
        if entry.target == target and entry.action == ASKED and entry.time_ns >= since_ns:
            return entry
    return None


def is_raise(present: dict[str, Any], changes: dict[str, Any]) -> bool:
    """True where a change lets more through than the present limits do, or may.

    >>> present = {"leverage": "2"}
    >>> [is_raise(present, {"leverage": wanted}) for wanted in ("3", "2", "1.5", None)]
    [True, False, False, True]
    >>> is_raise({}, {"leverage": "3"}), is_raise({}, {"short_sale": True})
    (False, True)
    """
    return any(
        present.get(name) != wanted and not _is_tighter(name, present.get(name), wanted)
        for name, wanted in changes.items()
    )


def _is_tighter(name: str, present: Any, wanted: Any) -> bool:
    if name not in LOWER_IS_TIGHTER or wanted is None:
        return False
    return present is None or Decimal(str(wanted)) <= Decimal(str(present))


def _user_of(entry: AuditEntry) -> str:
    detail: dict[str, Any] = msgspec.json.decode(entry.detail)
    return str(detail["user_id"])
