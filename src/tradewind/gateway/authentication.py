"""Authentication: from the credential of a request to its principal, fast where it is known."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable

import msgspec

from tradewind.gateway.permissions import ROLES, Permission
from tradewind.gateway.principal import Means, Principal
from tradewind.gateway.tokens import AccessTokens
from tradewind.model.errors import OutsideError, TradewindError, UserError
from tradewind.ports.identity import ApiKey, Identities, User
from tradewind.ports.security_store import SecurityStore

KEY_PREFIX = "tw_"
LOOK_NS = 500_000_000
"""How often it is asked whether anything was revoked: so a revocation takes effect in a second."""
KNOWN_MAX = 10_000
USED_NS = 60_000_000_000
"""A key's last use is written down no more often."""


class NotAuthenticated(TradewindError):
    """The request does not show who asks; one sentence that does not say what exactly failed."""


class Authentication:
    """Tells who asks, and remembers it for the credential's life.

    What is remembered is forgotten when the generation of the identities rises. `look` and
    `principal` block and are called on a thread; `is_due` and `known` take microseconds.
    """

    def __init__(
        self,
        identities: Identities,
        tokens: AccessTokens,
        security: SecurityStore,
        now_ns: Callable[[], int],
    ) -> None:
        self._identities = identities
        self._tokens = tokens
        self._security = security
        self._now_ns = now_ns
        self._known: dict[tuple[str, str], tuple[int, Principal]] = {}
        self._generation = -1
        self._look_at_ns = 0

    def is_due(self) -> bool:
        """True where `look` has to be called before `known` may be believed."""
        return self._now_ns() >= self._look_at_ns

    def is_aging(self) -> bool:
        """True where it is time to `look` again, though `known` may still be believed."""
        return self._now_ns() >= self._look_at_ns - LOOK_NS // 2

    def look(self) -> None:
        """Forget everything where somebody's rights ended or changed since the last look."""
        now_ns = self._now_ns()
        try:
            generation = self._identities.generation()
        except OutsideError:
            self._known.clear()
            raise
        if generation != self._generation:
            self._known.clear()
            self._generation = generation
        self._look_at_ns = now_ns + LOOK_NS

    def known(self, credential: str, address: str) -> Principal | None:
        """Who it was when it was last looked up; None says ask `principal`."""
        found = self._known.get((credential, address))
        return found[1] if found and self._now_ns() < found[0] else None

    def principal(self, credential: str, address: str) -> Principal:
        """Who shows a credential (a bearer token or an API key) from an address.

        Raises `NotAuthenticated`.
        """
        now_ns, generation = self._now_ns(), self._generation
        if credential.startswith(KEY_PREFIX):
            found, until_ns = self._of_key(credential, address, now_ns)
        else:
            found, until_ns = self._of_token(credential, now_ns)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        if generation == self._generation:
            self._known[credential, address] = (until_ns, found)
        return found

    def forget(self) -> None:
        """Look again before the next answer: something was revoked or changed."""
        self._known.clear()
        self._look_at_ns = 0

    def _of_token(self, token: str, now_ns: int) -> tuple[Principal, int]:
        access = self._tokens.read(token, time_ns=now_ns)
        if access is None:
            raise NotAuthenticated("the access token is not valid or over: refresh it or log in")
        session = self._security.session(
            access.session_id,
            self._generation,
            lambda: self._identities.session(access.session_id),
        )
        user = self._identities.user(access.user_id)
        if session is None or session.revoked_time_ns or now_ns >= session.expire_time_ns:
            raise NotAuthenticated("the session has ended: log in again")
        if user is None or user.is_disabled:
            raise NotAuthenticated("the session has ended: log in again")
        permissions = ROLES.get(user.role, frozenset())
        found = Principal(
            user.user_id,
            user.name,
            permissions,
            user.accounts,
            Means.SESSION,
            session.session_id,
            session.second_factor,
        )
        return found, min(access.expire_time_ns, session.expire_time_ns)

    def _of_key(self, credential: str, address: str, now_ns: int) -> tuple[Principal, int]:
        refused = NotAuthenticated("the API key is not valid")
        key_id, _, secret = credential.removeprefix(KEY_PREFIX).partition("_")
        key = self._identities.key(key_id)
        if key is None or not hmac.compare_digest(_hash(secret), key.secret_hash):
            raise refused
        user = self._identities.user(key.user_id)
        is_over = key.revoked_time_ns or (key.expire_time_ns and now_ns >= key.expire_time_ns)
        if user is None or user.is_disabled or is_over or not _is_inside(address, key.networks):
            raise refused
        if now_ns - key.used_time_ns >= USED_NS:
            self._identities.put_key(msgspec.structs.replace(key, used_time_ns=now_ns))
        # Looked up again now and then, so that its last use is noted.
        until_ns = now_ns + USED_NS
        return _key_principal(key, user), min(until_ns, key.expire_time_ns or until_ns)


def new_key(
    user: User,
    *,
    name: str,
    scopes: tuple[str, ...],
    networks: tuple[str, ...],
    time_ns: int,
    expire_time_ns: int,
) -> tuple[ApiKey, str]:
    """Return a key to keep and its text, which is shown once.

    Raises `UserError` where a scope is more than the user may, or a network is none.
    """
    allowed = ROLES.get(user.role, frozenset())
    for scope in scopes:
        if scope not in set(allowed):
            raise UserError(f"scopes: {scope!r} is not among {', '.join(sorted(allowed))}")
    for network in networks:
        _check_network(network)
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    key = ApiKey(
        key_id, user.user_id, name, _hash(secret), scopes, networks, time_ns, expire_time_ns
    )
    return key, f"{KEY_PREFIX}{key_id}_{secret}"


def _key_principal(key: ApiKey, user: User) -> Principal:
    scopes = frozenset(Permission(scope) for scope in key.scopes)
    permissions = scopes & ROLES.get(user.role, frozenset())
    return Principal(
        user.user_id, user.name, permissions, user.accounts, Means.KEY, key_id=key.key_id
    )


def _check_network(network: str) -> None:
    try:
        ipaddress.ip_network(network)
    except ValueError:
        raise UserError(f"networks: {network!r} is none: write 10.0.0.0/8 or 10.1.2.3") from None


def _is_inside(address: str, networks: tuple[str, ...]) -> bool:
    if not networks:
        return True
    try:
        own = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(own in ipaddress.ip_network(network) for network in networks)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
