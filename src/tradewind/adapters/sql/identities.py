"""Identities in a SQL database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Table, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.tables import (
    API_KEYS,
    GENERATION,
    INVITATIONS,
    LOGIN_FAILURES,
    RATE_COUNTERS,
    SESSIONS,
    USERS,
)
from tradewind.ports.identity import ApiKey, NameTaken, Session, User

REVOKED_READ_MAX = 10_000
"""Ended sessions read at once; who asks every second never meets it."""
SHOWN_MAX = 200
"""Sessions or keys of one user that are shown, the newest."""
Row = TypeVar("Row", bound=msgspec.Struct)


class SqlIdentities:
    """The `Identities` of a database that `open_database` gave.

    >>> from tradewind.adapters.sql.database import open_database
    >>> identities = SqlIdentities(open_database("sqlite://"))
    >>> identities.add_user(User("u1", "ann", "trader", ("paper",), "", 5))
    >>> identities.user_named("ann").accounts
    ('paper',)
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add_user(self, user: User) -> None:
        """Add a user; raises `NameTaken`."""
        with writing(self._engine) as connection:
            taken = select(USERS.c.user_id).where(USERS.c.name == user.name)
            if connection.execute(taken).first() is not None:
                raise NameTaken(user.name)
            try:
                connection.execute(insert(USERS).values(_values(user)))
            except IntegrityError:
                raise NameTaken(user.name) from None

    def put_user(self, user: User) -> None:
        """Replace a user that is there."""
        with writing(self._engine) as connection:
            changed = update(USERS).where(USERS.c.user_id == user.user_id).values(_values(user))
            assert connection.execute(changed).rowcount == 1, f"there is no user {user.user_id}"
            _count_change(connection)

    def generation(self) -> int:
        """How often somebody's rights ended or changed."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(GENERATION.c.number)).scalar_one())

    def use_step(self, user_id: str, step: int) -> bool:
        """Use the code of a step up; False where that or a later one was used before."""
        fresh = (USERS.c.user_id == user_id) & (USERS.c.totp_step < step)
        with writing(self._engine) as connection:
            return (
                connection.execute(update(USERS).where(fresh).values(totp_step=step)).rowcount == 1
            )

    def use_recovery(self, user_id: str, code_hash: bytes) -> bool:
        """Use a recovery code up; False where the user has none of that hash."""
        asked = select(USERS).where(USERS.c.user_id == user_id).with_for_update()
        with writing(self._engine) as connection:
            row = connection.execute(asked).mappings().first()
            hashes = _struct(User, dict(row)).recovery_hashes if row else ()
            if code_hash not in hashes:
                return False
            left = _json(tuple(each for each in hashes if each != code_hash))
            changed = update(USERS).where(USERS.c.user_id == user_id)
            connection.execute(changed.values(recovery_hashes=left))
        return True

    def user(self, user_id: str) -> User | None:
        """The user of an id."""
        return self._one(User, USERS, USERS.c.user_id == user_id)

    def user_named(self, name: str) -> User | None:
        """The user of a name."""
        return self._one(User, USERS, USERS.c.name == name)

    def users(self) -> list[User]:
        """All users by name."""
        return self._all(User, select(USERS).order_by(USERS.c.name))

    def put_session(self, session: Session) -> None:
        """Add a session."""
        with writing(self._engine) as connection:
            connection.execute(insert(SESSIONS).values(_values(session)))

    def session(self, session_id: str) -> Session | None:
        """The session of an id."""
        return self._one(Session, SESSIONS, SESSIONS.c.session_id == session_id)

    def sessions(self, user_id: str) -> list[Session]:
        """A user's sessions, newest first, the ended ones too."""
        asked = select(SESSIONS).where(SESSIONS.c.user_id == user_id)
        newest = asked.order_by(SESSIONS.c.created_time_ns.desc()).limit(SHOWN_MAX)
        return self._all(Session, newest)

    def rotate(self, session: Session, *, refresh_hash: bytes, time_ns: int) -> bool:
        """Put the next refresh token in; False where another rotation came first."""
        changed = (
            update(SESSIONS)
            .where(
                SESSIONS.c.session_id == session.session_id,
                SESSIONS.c.refresh_hash == session.refresh_hash,
                SESSIONS.c.revoked_time_ns == 0,
            )
            .values(refresh_hash=refresh_hash, used_time_ns=time_ns)
        )
        with writing(self._engine) as connection:
            return connection.execute(changed).rowcount == 1

    def revoke_sessions(self, session_ids: Sequence[str], time_ns: int) -> None:
        """End sessions."""
        ended = SESSIONS.c.session_id.in_(list(session_ids)) & (SESSIONS.c.revoked_time_ns == 0)
        with writing(self._engine) as connection:
            connection.execute(update(SESSIONS).where(ended).values(revoked_time_ns=time_ns))
            _count_change(connection)

    def revoked_since(self, time_ns: int) -> list[str]:
        """Ids of sessions that ended at or after a time."""
        asked = select(SESSIONS.c.session_id).where(SESSIONS.c.revoked_time_ns >= max(time_ns, 1))
        with reading(self._engine) as connection:
            return list(connection.execute(asked.limit(REVOKED_READ_MAX)).scalars())

    def put_key(self, key: ApiKey) -> None:
        """Add a key, or replace it."""
        with writing(self._engine) as connection:
            connection.execute(delete(API_KEYS).where(API_KEYS.c.key_id == key.key_id))
            connection.execute(insert(API_KEYS).values(_values(key)))
            if key.revoked_time_ns:
                _count_change(connection)

    def key(self, key_id: str) -> ApiKey | None:
        """The key of an id."""
        return self._one(ApiKey, API_KEYS, API_KEYS.c.key_id == key_id)

    def keys(self, user_id: str) -> list[ApiKey]:
        """A user's keys, newest first, the ended ones too."""
        asked = select(API_KEYS).where(API_KEYS.c.user_id == user_id)
        newest = asked.order_by(API_KEYS.c.created_time_ns.desc()).limit(SHOWN_MAX)
        return self._all(ApiKey, newest)

    def put_invitation(self, token_hash: bytes, expire_time_ns: int) -> None:
        """Let the holder of a token make the first administrator, instead of earlier ones."""
        with writing(self._engine) as connection:
            connection.execute(delete(INVITATIONS))
            connection.execute(
                insert(INVITATIONS).values(token_hash=token_hash, expire_time_ns=expire_time_ns)
            )

    def take_invitation(self, token_hash: bytes, time_ns: int) -> bool:
        """Use an invitation up; False where there is none or its time is over."""
        good = (INVITATIONS.c.token_hash == token_hash) & (INVITATIONS.c.expire_time_ns > time_ns)
        with writing(self._engine) as connection:
            return connection.execute(delete(INVITATIONS).where(good)).rowcount == 1

    def remove_ended(self, before_ns: int) -> None:
        """Forget sessions, keys, failures and counters that ended before a time."""
        with writing(self._engine) as connection:
            for table in (SESSIONS, API_KEYS):
                revoked = (table.c.revoked_time_ns > 0) & (table.c.revoked_time_ns < before_ns)
                expired = (table.c.expire_time_ns > 0) & (table.c.expire_time_ns < before_ns)
                connection.execute(delete(table).where(or_(revoked, expired)))
            over = LOGIN_FAILURES.c.blocked_until_ns < before_ns
            connection.execute(delete(LOGIN_FAILURES).where(over))
            full = RATE_COUNTERS.c.free_at_ns < before_ns
            connection.execute(delete(RATE_COUNTERS).where(full))

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def _one(self, kind: type[Row], table: Table, condition: Any) -> Row | None:
        found = self._all(kind, select(table).where(condition))
        return found[0] if found else None

    def _all(self, kind: type[Row], question: Any) -> list[Row]:
        with reading(self._engine) as connection:
            rows = connection.execute(question).mappings().all()
        return [_struct(kind, dict(row)) for row in rows]


def _count_change(connection: Connection) -> None:
    """Say in the same transaction that what others remember is not to be believed."""
    connection.execute(update(GENERATION).values(number=GENERATION.c.number + 1))


def _values(row: msgspec.Struct) -> dict[str, Any]:
    """A struct's fields as a table takes them: tuples as JSON text."""
    return {
        name: _json(value) if isinstance(value, tuple) else value
        for name, value in msgspec.structs.asdict(row).items()
    }


def _json(values: tuple[Any, ...]) -> str:
    return msgspec.json.encode(values).decode()


def _struct(kind: type[Row], values: dict[str, Any]) -> Row:
    for field in msgspec.structs.fields(kind):
        if getattr(field.type, "__origin__", None) is tuple:
            values[field.name] = msgspec.json.decode(values[field.name], type=field.type)
    return kind(**values)
