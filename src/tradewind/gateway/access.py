"""What routes ask of the request: its services and a principal that may do what the route does."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from tradewind.gateway import trail
from tradewind.gateway.permissions import Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.services import Services


def services_of(request: Request) -> Services:
    """The services of the application."""
    services: Services = request.app.state.services
    return services


def require(permission: Permission) -> Any:
    """A dependency that gives the principal if it has the permission, else 401 or 403."""

    async def checked(request: Request) -> Principal:
        principal = await anybody(request)
        if not principal.may(permission):
            await trail.note(request, "refused", request.url.path, outcome="denied")
            raise Problem(403, f"this needs the permission {permission.value}")
        if principal.lacks_second_factor(permission):
            raise Problem(
                403,
                "this needs a login with a second factor: set one up over "
                "POST /api/v1/auth/second-factor, then log in again with its code",
            )
        return principal

    checked.permission = permission  # type: ignore[attr-defined]
    return Depends(checked)


async def anybody(request: Request) -> Principal:
    """The principal of the request, whatever it may do; 401 without one."""
    principal: Principal | None = request.state.principal
    if principal is None:
        raise Problem(401, "log in, or send an API key", {"WWW-Authenticate": "Bearer"})
    return principal


UseServices = Annotated[Services, Depends(services_of)]
Anybody = Annotated[Principal, Depends(anybody)]
