"""Identities: users, their sessions and API keys, the first administrator's link.

Secrets never come here in the clear: passwords as Argon2id hashes, tokens and keys as SHA-256 of
their random part, TOTP secrets encrypted. Times are integers of nanoseconds in UTC; 0 is "not".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class User(msgspec.Struct, frozen=True):
    """A person or a program. `accounts` are what it may see and trade on; ("*",) is all.

    `totp` is the encrypted secret of a second factor; it counts once `totp_since_ns` is set.
    `totp_step` is that of the last code used, since none is good twice.
    """

    user_id: str
    name: str
    role: str
    accounts: tuple[str, ...]
    password_hash: str
    created_time_ns: int
    is_disabled: bool = False
    totp: bytes = b""
    totp_since_ns: int = 0
    totp_step: int = 0
    recovery_hashes: tuple[bytes, ...] = ()


class Session(msgspec.Struct, frozen=True):
    """One login and its family of refresh tokens; `refresh_hash` is of the one that is next."""

    session_id: str
    user_id: str
    refresh_hash: bytes
    created_time_ns: int
    used_time_ns: int
    expire_time_ns: int
    address: str
    agent: str
    revoked_time_ns: int = 0
    second_factor: bool = False


class ApiKey(msgspec.Struct, frozen=True):
    """A program's key: `scopes` bound what its user's role allows, `networks` where from."""

    key_id: str
    user_id: str
    name: str
    secret_hash: bytes
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    created_time_ns: int
    expire_time_ns: int
    used_time_ns: int = 0
    revoked_time_ns: int = 0


class NameTaken(Exception):
    """A user of that name is there."""


class Identities(Protocol):
    """Where identities are kept. All calls are short and blocking."""

    def add_user(self, user: User) -> None:
        """Add a user; raises `NameTaken`."""

    def put_user(self, user: User) -> None:
        """Replace a user that is there."""

    def use_step(self, user_id: str, step: int) -> bool:
        """Use the code of a step up; False where that or a later one was used before."""

    def use_recovery(self, user_id: str, code_hash: bytes) -> bool:
        """Use a recovery code up; False where the user has none of that hash."""

    def user(self, user_id: str) -> User | None:
        """The user of an id."""

    def user_named(self, name: str) -> User | None:
        """The user of a name."""

    def users(self) -> list[User]:
        """All users by name."""

    def generation(self) -> int:
        """How often somebody's rights ended or changed: sessions revoked, users and keys.

        Who remembers what it read here asks for this now and then, and forgets when it rose.
        """

    def put_session(self, session: Session) -> None:
        """Add a session."""

    def session(self, session_id: str) -> Session | None:
        """The session of an id."""

    def sessions(self, user_id: str) -> list[Session]:
        """A user's sessions, newest first, the ended ones too."""

    def rotate(self, session: Session, *, refresh_hash: bytes, time_ns: int) -> bool:
        """Put the next refresh token in; False where another rotation came first."""

    def revoke_sessions(self, session_ids: Sequence[str], time_ns: int) -> None:
        """End sessions."""

    def revoked_since(self, time_ns: int) -> list[str]:
        """Ids of sessions that ended at or after a time."""

    def put_key(self, key: ApiKey) -> None:
        """Add a key, or replace it."""

    def key(self, key_id: str) -> ApiKey | None:
        """The key of an id."""

    def keys(self, user_id: str) -> list[ApiKey]:
        """A user's keys, newest first, the ended ones too."""

    def put_invitation(self, token_hash: bytes, expire_time_ns: int) -> None:
        """Let the holder of a token make the first administrator, instead of earlier ones."""

    def take_invitation(self, token_hash: bytes, time_ns: int) -> bool:
        """Use an invitation up; False where there is none or its time is over."""

    def remove_ended(self, before_ns: int) -> None:
        """Forget sessions, keys, failures and counters that ended before a time."""

    def close(self) -> None:
        """Let go of connections."""
