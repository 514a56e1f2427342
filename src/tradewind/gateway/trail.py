"""The audit trail as routes write it: who and from where are taken from the request."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Request

from tradewind.gateway.principal import Principal
from tradewind.gateway.services import Services
from tradewind.ports.audit import NewEntry

DETAIL_LENGTH_MAX = 2_000


async def note(
    request: Request,
    action: str,
    target: str = "",
    *,
    outcome: str = "ok",
    actor: str = "",
    **detail: Any,
) -> None:
    """Write down what was done or refused, before the answer leaves. No secrets in `detail`."""
    services: Services = request.app.state.services
    principal: Principal | None = request.state.principal
    name = actor or (principal.name if principal else "nobody")
    if principal is not None:
        detail["means"] = principal.means.value
    text = msgspec.json.encode(detail).decode()[:DETAIL_LENGTH_MAX]
    address = request.state.address[:64]
    noted = NewEntry(services.now_ns(), name[:64], action, target, outcome, address, text)
    await services.noting.do(noted)
