"""Users and roles, for administrators."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import system_answers as told
from tradewind.gateway import trail
from tradewind.gateway.access import Anybody, UseServices, require
from tradewind.gateway.described import answers
from tradewind.gateway.passwords import check_password, hash_password
from tradewind.gateway.permissions import ROLES, SECOND_FACTOR, Permission
from tradewind.gateway.principal import Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.schemas import ChangeUser, NewUser
from tradewind.gateway.services import Services
from tradewind.ports.identity import NameTaken, User

router = APIRouter(prefix="/api/v1", tags=["users"])

Manager = Annotated[Principal, require(Permission.MANAGE_USERS)]


@router.get("/roles", summary="What each role may do", **answers(told.Roles))
async def roles(request: Request, principal: Anybody) -> Response:
    """The table of permissions."""
    return reply(
        request,
        {
            "roles": {name: sorted(allowed) for name, allowed in ROLES.items()},
            "needs_second_factor": sorted(SECOND_FACTOR),
        },
    )


@router.get("/users", summary="All users", **answers(told.Users))
async def users(request: Request, services: UseServices, principal: Manager) -> Response:
    """Users by name, without their secrets."""
    found = await run_in_threadpool(services.identities.users)
    return reply(request, {"users": [_row(user) for user in found]})


@router.post("/users", status_code=201, summary="Add a user", **answers(told.User))
async def add(
    request: Request, given: NewUser, services: UseServices, principal: Manager
) -> Response:
    """Add a user with a password to be changed at the first login."""
    if (given.role == "service") == bool(given.password):
        raise Problem(400, "a service has no password and acts through keys; all others need one")
    hashed = ""
    if given.password:
        password = check_password(given.password, given.name, services.options.breached)
        hashed = await run_in_threadpool(hash_password, password)
    user = User(
        secrets.token_hex(8),
        given.name,
        given.role,
        tuple(given.accounts),
        hashed,
        services.now_ns(),
    )
    try:
        services.identities.add_user(user)
    except NameTaken:
        raise Problem(409, f"there is a user {given.name!r} already") from None
    await trail.note(request, "user added", given.name, role=given.role, accounts=given.accounts)
    return reply(request, _row(user), status=201)


@router.patch("/users/{name}", summary="Change a user", **answers(told.User))
async def change(
    name: str, request: Request, given: ChangeUser, services: UseServices, principal: Manager
) -> Response:
    """Change role, accounts, password or whether it is disabled; its sessions end."""
    user = await run_in_threadpool(services.identities.user_named, name)
    if user is None:
        raise Problem(404, f"there is no user {name!r}")
    _check_not_last(services, user, given)
    changed = await run_in_threadpool(_changed, services, user, given)
    services.identities.put_user(changed)
    services.logins.end_all(user.user_id)
    services.authentication.forget()
    told = given.model_dump(mode="json", exclude_none=True, exclude={"password"})
    told["password_changed"] = given.password is not None
    await trail.note(request, "user changed", name, **told)
    return reply(request, _row(changed))


def _changed(services: Services, user: User, given: ChangeUser) -> User:
    wanted: dict[str, Any] = given.model_dump(exclude_none=True, include={"role", "is_disabled"})
    if given.accounts is not None:
        wanted["accounts"] = tuple(given.accounts)
    if given.password is not None:
        wanted["password_hash"] = hash_password(
            check_password(given.password, user.name, services.options.breached)
        )
    if given.remove_second_factor:
        wanted |= {"totp": b"", "totp_since_ns": 0, "recovery_hashes": ()}
    return msgspec.structs.replace(user, **wanted)


def _check_not_last(services: Services, user: User, given: ChangeUser) -> None:
    """An installation without an administrator could not be changed any more."""
    stays = given.role in (None, "admin") and not given.is_disabled
    others = [
        each
        for each in services.identities.users()
        if each.role == "admin" and not each.is_disabled and each.user_id != user.user_id
    ]
    if user.role == "admin" and not stays and not others:
        raise Problem(409, "this is the last administrator: make another one first")


def _row(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role,
        "accounts": list(user.accounts),
        "is_disabled": user.is_disabled,
        "second_factor": bool(user.totp_since_ns),
        "created_time_ns": user.created_time_ns,
    }
