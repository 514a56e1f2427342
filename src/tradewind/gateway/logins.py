"""Logins: from a name and a password to a session, its refresh tokens, and its end."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

import msgspec

from tradewind.gateway.passwords import is_password
from tradewind.gateway.second_factor import SecondFactor, recovery_hash
from tradewind.gateway.tokens import ACCESS_S, AccessTokens
from tradewind.model.errors import TradewindError
from tradewind.ports.identity import Identities, Session, User
from tradewind.ports.security_store import SecurityStore

SESSION_NS = 14 * 86_400_000_000_000
"""A session ends after this, whatever is done with it."""
IDLE_NS = 86_400_000_000_000
"""A session that is not refreshed for so long has ended."""
FREE_FAILURES = 5
"""Failures in a row before anybody has to wait."""
WAIT_MAX_NS = 900_000_000_000
SECOND_NS = 1_000_000_000


class LoginRefused(TradewindError):
    """One sentence that does not say which part was wrong; `wait_ns` > 0 is how long to wait."""

    def __init__(self, sentence: str, wait_ns: int = 0) -> None:
        super().__init__(sentence)
        self.wait_ns = wait_ns


class CodeNeeded(LoginRefused):
    """The password was right; the code of the second factor is missing."""


class Tokens(msgspec.Struct, frozen=True):
    """What a client gets: the access token for requests, the refresh token for the next pair."""

    access_token: str
    refresh_token: str
    expires_in_s: int = ACCESS_S
    token_type: str = "Bearer"


class Logins:
    """Checks who somebody is; what it decides is kept in `identities`."""

    def __init__(
        self,
        identities: Identities,
        tokens: AccessTokens,
        factor: SecondFactor,
        security: SecurityStore,
        now_ns: Callable[[], int],
    ) -> None:
        self._identities = identities
        self._tokens = tokens
        self._factor = factor
        self._security = security
        self._now_ns = now_ns

    def login(self, name: str, password: str, code: str, *, address: str, agent: str) -> Tokens:
        """Return tokens of a new session; raises `LoginRefused`."""
        subjects = (f"name {name[:64]}", f"address {address}")
        self._check_wait(subjects)
        user = self._identities.user_named(name)
        is_right = is_password(user.password_hash if user else "", password)
        if user is None or not is_right or user.is_disabled:
            self._count_failure(subjects)
            raise LoginRefused("name, password or code is wrong")
        second_factor = self._check_code(user, code, subjects)
        # The address is not forgiven: one good login must not hide guesses at other names.
        self._security.forgive(subjects[0])
        return self._open(user, second_factor=second_factor, address=address, agent=agent)

    def refresh(self, refresh_token: str) -> Tokens:
        """Return the next pair; a token that was used before ends its whole session."""
        session_id, _, secret = refresh_token.partition(".")
        session = self._identities.session(session_id)
        now_ns = self._now_ns()
        if session is None or not self._is_alive(session, now_ns):
            raise LoginRefused("the session has ended: log in again")
        user = self._identities.user(session.user_id)
        new_secret = secrets.token_urlsafe(32)
        is_next = hmac.compare_digest(_hash(secret), session.refresh_hash)
        if not is_next or not self._identities.rotate(
            session, refresh_hash=_hash(new_secret), time_ns=now_ns
        ):
            self._identities.revoke_sessions([session_id], now_ns)
            raise LoginRefused("this refresh token was used before, so its session was ended")
        if user is None or user.is_disabled:
            raise LoginRefused("the session has ended: log in again")
        access = self._tokens.issue(user.user_id, session_id, time_ns=now_ns)
        return Tokens(access, f"{session_id}.{new_secret}")

    def confirm(self, user: User, code: str) -> bool:
        """True where a code is right now; it cannot be used again."""
        step = self._factor.step_of(
            user.user_id,
            user.totp,
            code,
            time_s=self._now_ns() // SECOND_NS,
            after=user.totp_step,
        )
        return step > 0 and self._identities.use_step(user.user_id, step)

    def end_all(self, user_id: str, keeping: str = "") -> list[str]:
        """End all sessions of a user but one; returns their ids."""
        ended = [
            session.session_id
            for session in self._identities.sessions(user_id)
            if session.session_id != keeping and not session.revoked_time_ns
        ]
        self._identities.revoke_sessions(ended, self._now_ns())
        return ended

    def _open(self, user: User, *, second_factor: bool, address: str, agent: str) -> Tokens:
        now_ns = self._now_ns()
        session_id, secret = secrets.token_hex(12), secrets.token_urlsafe(32)
        self._identities.put_session(
            Session(
                session_id,
                user.user_id,
                _hash(secret),
                now_ns,
                now_ns,
                now_ns + SESSION_NS,
                address[:64],
                agent[:200],
                second_factor=second_factor,
            )
        )
        access = self._tokens.issue(user.user_id, session_id, time_ns=now_ns)
        return Tokens(access, f"{session_id}.{secret}")

    def _check_code(self, user: User, code: str, subjects: tuple[str, ...]) -> bool:
        """True where a second factor was shown, False where the user has none."""
        if not user.totp_since_ns:
            return False
        if not code:
            raise CodeNeeded("the code of the second factor is needed")
        if self.confirm(user, code) or self._identities.use_recovery(
            user.user_id, recovery_hash(code)
        ):
            return True
        self._count_failure(subjects)
        raise LoginRefused("name, password or code is wrong")

    def _check_wait(self, subjects: tuple[str, ...]) -> None:
        now_ns = self._now_ns()
        until_ns = max(self._security.blocked_until_ns(each) for each in subjects)
        if until_ns > now_ns:
            wait_ns = until_ns - now_ns
            seconds = -(-wait_ns // SECOND_NS)
            raise LoginRefused(f"too many failed logins: wait {seconds} s", wait_ns)

    def _count_failure(self, subjects: tuple[str, ...]) -> None:
        now_ns = self._now_ns()
        for subject in subjects:
            late = self._security.add_failure(subject, now_ns=now_ns) - FREE_FAILURES
            if late >= 0:
                wait_ns = min(SECOND_NS << min(late, 20), WAIT_MAX_NS)
                self._security.block(subject, until_ns=now_ns + wait_ns, now_ns=now_ns)

    def _is_alive(self, session: Session, now_ns: int) -> bool:
        idle_ns = now_ns - session.used_time_ns
        return not session.revoked_time_ns and now_ns < session.expire_time_ns and idle_ns < IDLE_NS


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
