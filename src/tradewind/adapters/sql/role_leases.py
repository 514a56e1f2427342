"""Leases of roles in a SQL database, for processes of several machines; by the database's clock."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, Engine, cast, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from tradewind.adapters.sql.database import reading, writing
from tradewind.adapters.sql.engine import is_postgres
from tradewind.adapters.sql.queue_tables import LEASES


class SqlRoleLeases:
    """The `RoleLeases` of a database that `open_database` gave."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        now = "extract(epoch from clock_timestamp()) * 1e9"
        if not is_postgres(engine):
            now = "(julianday('now') - 2440587.5) * 86400e9"
        self._now_ns: ColumnElement[int] = cast(text(now), BigInteger)

    def take(self, name: str, owner: str, length_ns: int) -> int:
        """The epoch of a lease that is free, over, or was the owner's already; 0 where it is not.

        Each taking has the next epoch; an owner must see to it that it is one process at a time.
        """
        free = or_(LEASES.c.owner == owner, LEASES.c.until_ns < self._now_ns)
        taken = update(LEASES).where(LEASES.c.name == name, free)
        until = self._now_ns + length_ns
        values = {"owner": owner, "until_ns": until, "epoch": LEASES.c.epoch + 1}
        with writing(self._engine) as connection:
            if connection.execute(taken.values(values)).rowcount:
                found = select(LEASES.c.epoch).where(LEASES.c.name == name)
                return int(connection.execute(found).scalar_one())
            known = select(LEASES.c.name).where(LEASES.c.name == name)
            if connection.execute(known).first() is not None:
                return 0
        return self._begin(name, owner, until)

    def _begin(self, name: str, owner: str, until: ColumnElement[int]) -> int:
        first = insert(LEASES).values(name=name, owner=owner, until_ns=until, epoch=1)
        try:
            with writing(self._engine) as connection:
                connection.execute(first)
        except IntegrityError:  # another one was quicker
            return 0
        return 1

    def renew(self, name: str, epoch: int, length_ns: int) -> bool:
        """Go on with an epoch; False where another one has been taken."""
        mine = update(LEASES).where(LEASES.c.name == name, LEASES.c.epoch == epoch)
        with writing(self._engine) as connection:
            done = connection.execute(mine.values(until_ns=self._now_ns + length_ns))
        return bool(done.rowcount)

    def release(self, name: str, epoch: int) -> None:
        """Let others take it at once."""
        mine = update(LEASES).where(LEASES.c.name == name, LEASES.c.epoch == epoch)
        with writing(self._engine) as connection:
            connection.execute(mine.values(until_ns=0))

    def owner(self, name: str) -> str:
        """Who took it last, "" where nobody did."""
        with reading(self._engine) as connection:
            found = select(LEASES.c.owner).where(LEASES.c.name == name)
            return str(connection.execute(found).scalar() or "")

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()
