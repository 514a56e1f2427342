"""Logging in and out, one's own password, second factor, sessions and API keys."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from tradewind.api import system_answers as told
from tradewind.gateway import trail
from tradewind.gateway.access import Anybody, UseServices
from tradewind.gateway.authentication import new_key
from tradewind.gateway.described import answers
from tradewind.gateway.logins import CodeNeeded, LoginRefused
from tradewind.gateway.passwords import check_password, hash_password, is_password
from tradewind.gateway.permissions import ROLES
from tradewind.gateway.principal import Means, Principal
from tradewind.gateway.problems import Problem
from tradewind.gateway.reply import reply
from tradewind.gateway.schemas import (
    ChangePassword,
    ConfirmCode,
    Login,
    NewKey,
    Refresh,
    Setup,
)
from tradewind.gateway.second_factor import address_for_device, new_recovery_codes, recovery_hash
from tradewind.gateway.services import Services
from tradewind.ports.identity import ApiKey, Session, User

router = APIRouter(prefix="/api/v1", tags=["login"])

DAY_NS = 86_400_000_000_000


@router.post("/auth/login", summary="Log in", **answers(told.Tokens))
async def login(request: Request, given: Login, services: UseServices) -> Response:
    """Return an access token for five minutes and a refresh token for the next pair."""
    try:
        tokens = await run_in_threadpool(
            services.logins.login,
            given.name,
            given.password,
            given.code,
            address=request.state.address,
            agent=request.headers.get("user-agent", ""),
        )
    except LoginRefused as error:
        await trail.note(request, "login", outcome="refused", actor=given.name)
        raise _refusal(error) from None
    await trail.note(request, "login", actor=given.name)
    return reply(request, msgspec.structs.asdict(tokens))


@router.post("/auth/refresh", summary="The next pair of tokens", **answers(told.Tokens))
async def refresh(request: Request, given: Refresh, services: UseServices) -> Response:
    """Use the refresh token up. One that was used before ends its session."""
    try:
        tokens = await run_in_threadpool(services.logins.refresh, given.refresh_token)
    except LoginRefused as error:
        services.authentication.forget()
        await trail.note(request, "refresh", outcome="refused")
        raise _refusal(error) from None
    return reply(request, msgspec.structs.asdict(tokens))


@router.post("/auth/logout", status_code=204, summary="End this session")
async def logout(request: Request, services: UseServices, principal: Anybody) -> Response:
    """End the session of the access token."""
    _end(services, [principal.session_id])
    await trail.note(request, "logout")
    return Response(status_code=204)


@router.get("/auth/me", summary="Who one is and what one may do", **answers(told.Me))
async def me(request: Request, services: UseServices, principal: Anybody) -> Response:
    """The principal of the request."""
    return reply(
        request,
        {
            "name": principal.name,
            "permissions": sorted(principal.permissions),
            "accounts": list(principal.accounts),
            "means": principal.means.value,
            "second_factor": principal.second_factor,
        },
    )


@router.post("/auth/password", status_code=204, summary="Change one's own password")
async def change_password(
    request: Request, given: ChangePassword, services: UseServices, principal: Anybody
) -> Response:
    """Change it with the old one; all other sessions end."""
    user = await run_in_threadpool(_own_user, services, principal)
    if not await run_in_threadpool(is_password, user.password_hash, given.password):
        await trail.note(request, "password changed", outcome="refused")
        raise Problem(403, "the old password is wrong")
    password = check_password(given.new_password, user.name, services.options.breached)
    hashed = await run_in_threadpool(hash_password, password)
    services.identities.put_user(msgspec.structs.replace(user, password_hash=hashed))
    services.logins.end_all(user.user_id, keeping=principal.session_id)
    services.authentication.forget()
    await trail.note(request, "password changed")
    return Response(status_code=204)


@router.post(
    "/auth/second-factor", summary="Begin with a second factor", **answers(told.DeviceSecret)
)
async def begin_second_factor(
    request: Request, services: UseServices, principal: Anybody
) -> Response:
    """Return a secret for one's device; it counts once a code of it was confirmed."""
    user = await run_in_threadpool(_own_user, services, principal)
    if user.totp_since_ns:
        raise Problem(409, "there is a second factor already: an administrator can remove it")
    sealed, secret = services.factor.make(user.user_id)
    services.identities.put_user(msgspec.structs.replace(user, totp=sealed))
    await trail.note(request, "second factor begun")
    address = address_for_device(user.name, secret)
    return reply(request, {"secret": secret, "address": address})


@router.post(
    "/auth/second-factor/confirm",
    summary="Use the second factor from here on",
    **answers(told.RecoveryCodes),
)
async def confirm_second_factor(
    request: Request, given: ConfirmCode, services: UseServices, principal: Anybody
) -> Response:
    """Confirm with a code; returns recovery codes, which are shown once."""
    user = await run_in_threadpool(_own_user, services, principal)
    if user.totp_since_ns or not services.logins.confirm(user, given.code):
        raise Problem(403, "code: send the present code of the device that was just set up")
    codes = new_recovery_codes()
    user = await run_in_threadpool(_own_user, services, principal)
    services.identities.put_user(
        msgspec.structs.replace(
            user,
            totp_since_ns=services.now_ns(),
            recovery_hashes=tuple(recovery_hash(code) for code in codes),
        )
    )
    await trail.note(request, "second factor confirmed")
    return reply(request, {"recovery_codes": codes})


@router.post(
    "/setup",
    status_code=201,
    summary="Make the first administrator",
    **answers(told.Administrator),
)
async def setup(request: Request, given: Setup, services: UseServices) -> Response:
    """Use the link up that the first start printed."""
    password = check_password(given.password, given.name, services.options.breached)
    token_hash = hashlib.sha256(given.token.encode()).digest()
    if not services.identities.take_invitation(token_hash, services.now_ns()):
        await trail.note(request, "first administrator", given.name, outcome="refused")
        raise Problem(403, "the token is not valid, used or over: restart to get a new link")
    user = User(
        secrets.token_hex(8),
        given.name,
        "admin",
        ("*",),
        await run_in_threadpool(hash_password, password),
        services.now_ns(),
    )
    services.identities.add_user(user)
    await trail.note(request, "first administrator", given.name, actor=given.name)
    return reply(request, {"name": user.name, "role": user.role}, status=201)


@router.get("/sessions", summary="One's own sessions", **answers(told.Sessions))
async def sessions(request: Request, services: UseServices, principal: Anybody) -> Response:
    """Newest first, the ended ones too."""
    found = await run_in_threadpool(services.identities.sessions, principal.user_id)
    rows = [_session_row(each, principal) for each in found]
    return reply(request, {"sessions": rows})


@router.delete("/sessions/{session_id}", status_code=204, summary="End one of one's sessions")
async def end_session(
    session_id: str, request: Request, services: UseServices, principal: Anybody
) -> Response:
    """End it within a second."""
    found = await run_in_threadpool(services.identities.session, session_id)
    if found is None or found.user_id != principal.user_id:
        raise Problem(404, "there is no such session of yours")
    _end(services, [session_id])
    await trail.note(request, "session ended", session_id)
    return Response(status_code=204)


@router.get("/keys", summary="One's own API keys", **answers(told.Keys))
async def keys(request: Request, services: UseServices, principal: Anybody) -> Response:
    """Newest first, the revoked ones too; never the key itself."""
    found = await run_in_threadpool(services.identities.keys, principal.user_id)
    return reply(request, {"keys": [_key_row(each) for each in found]})


@router.post("/keys", status_code=201, summary="Make an API key", **answers(told.MadeKey))
async def make_key(
    request: Request, given: NewKey, services: UseServices, principal: Anybody
) -> Response:
    """Return the key's text, which is shown once."""
    if principal.means is Means.KEY:
        raise Problem(403, "a key cannot make keys: log in")
    user = await run_in_threadpool(_own_user, services, principal)
    now_ns = services.now_ns()
    key, text = new_key(
        user,
        name=given.name,
        scopes=tuple(given.scopes) or tuple(sorted(ROLES[user.role])),
        networks=tuple(given.networks),
        time_ns=now_ns,
        expire_time_ns=now_ns + given.days * DAY_NS,
    )
    services.identities.put_key(key)
    await trail.note(request, "key made", key.key_id, scopes=list(key.scopes))
    return reply(request, {"key": text, **_key_row(key)}, status=201)


@router.delete("/keys/{key_id}", status_code=204, summary="Revoke one of one's API keys")
async def revoke_key(
    key_id: str, request: Request, services: UseServices, principal: Anybody
) -> Response:
    """Revoke it within a second."""
    found = await run_in_threadpool(services.identities.key, key_id)
    if found is None or found.user_id != principal.user_id:
        raise Problem(404, "there is no such key of yours")
    ended = msgspec.structs.replace(found, revoked_time_ns=services.now_ns())
    services.identities.put_key(ended)
    services.authentication.forget()
    await trail.note(request, "key revoked", key_id)
    return Response(status_code=204)


def _end(services: Services, session_ids: list[str]) -> None:
    services.identities.revoke_sessions(session_ids, services.now_ns())
    services.authentication.forget()


def _own_user(services: Services, principal: Principal) -> User:
    user = services.identities.user(principal.user_id)
    if user is None:
        raise Problem(403, "this needs a user: log in as one")
    return user


def _refusal(error: LoginRefused) -> Problem:
    if error.wait_ns:
        return Problem(429, str(error), {"Retry-After": str(-(-error.wait_ns // 10**9))})
    if isinstance(error, CodeNeeded):
        return Problem(401, str(error), {"WWW-Authenticate": 'Bearer error="code_needed"'})
    return Problem(401, str(error), {"WWW-Authenticate": "Bearer"})


def _session_row(session: Session, principal: Principal) -> dict[str, Any]:
    row = msgspec.structs.asdict(session)
    del row["refresh_hash"]
    return row | {"is_this": session.session_id == principal.session_id}


def _key_row(key: ApiKey) -> dict[str, Any]:
    row = msgspec.structs.asdict(key)
    del row["secret_hash"]
    return row
