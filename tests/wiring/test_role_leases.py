"""Leases of roles among machines: one at a time, by the next epoch, believed while it is sure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.role_leases import SqlRoleLeases
from tradewind.model.errors import OutsideError, UserError
from tradewind.runtime import shared_lease
from tradewind.runtime.role_lease import RoleLease
from tradewind.runtime.shared_lease import SharedLease, taken
from tradewind.wiring.held_role import HeldRole, taken_role
from tradewind.wiring.settings import load_settings

HOUR_NS = 3_600 * 10**9


@pytest.fixture
def leases(tmp_path: Path) -> Iterator[SqlRoleLeases]:
    found = SqlRoleLeases(open_database(sqlite_url(tmp_path / "leases.db")))
    yield found
    found.close()


def test_one_owner_has_a_lease_until_it_is_over_and_epochs_grow(leases: SqlRoleLeases) -> None:
    assert leases.take("core", "a", HOUR_NS) == 1
    assert leases.take("core", "b", HOUR_NS) == 0
    assert leases.take("other", "b", HOUR_NS) == 1
    assert leases.take("core", "a", -HOUR_NS) == 2  # the next process of that owner; it is over
    assert leases.take("core", "b", HOUR_NS) == 3
    assert leases.owner("core") == "b"


def test_an_epoch_that_was_taken_from_is_not_renewed_nor_released(leases: SqlRoleLeases) -> None:
    assert leases.take("core", "a", -HOUR_NS) == 1
    assert leases.renew("core", 1, -HOUR_NS)
    assert leases.take("core", "b", HOUR_NS) == 2
    assert not leases.renew("core", 1, HOUR_NS)
    leases.release("core", 1)
    assert leases.take("core", "c", HOUR_NS) == 0
    leases.release("core", 2)
    assert leases.take("core", "c", HOUR_NS) == 3


class Away(SqlRoleLeases):
    """A database that can be told not to answer."""

    is_away = False

    def renew(self, name: str, epoch: int, length_ns: int) -> bool:
        if self.is_away:
            raise OutsideError("away", fault="theirs", retry=True)
        return super().renew(name, epoch, length_ns)


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    monkeypatch.setattr(shared_lease, "RENEW_S", 0.01)
    found = Away(open_database(sqlite_url(tmp_path / "leases.db")))
    yield found
    found.close()


def held(leases: Away) -> SharedLease:
    found = taken(leases, "core", "a")
    assert found is not None
    return found


def until(is_reached: object, what: str) -> None:
    assert callable(is_reached)
    ends_s = time.monotonic() + 30
    while not is_reached():
        assert time.monotonic() < ends_s, what
        time.sleep(0.01)


def test_a_holder_that_cannot_renew_is_sure_no_longer_than_its_length(
    away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_lease, "LENGTH_S", 0.2)
    away.is_away = True
    lease = held(away)
    until(lambda: not lease.is_sure, "it stops being sure")
    assert not lease.is_lost
    away.is_away = False
    until(lambda: lease.is_sure, "it is sure again, as nobody took it")
    lease.close()


def test_a_holder_whose_lease_was_taken_ends(away: Away, tmp_path: Path) -> None:
    lease = held(away)
    role = HeldRole(RoleLease(tmp_path, "core"), lease)
    role.beat()
    assert role.is_sure
    assert away.take("core", "a", HOUR_NS) == 2
    until(lambda: lease.is_lost, "it is told")
    assert not role.is_sure
    with pytest.raises(OutsideError, match="another machine has taken this role over"):
        role.beat()
    role.close()


def test_leases_among_machines_need_a_journal_that_they_share(tmp_path: Path) -> None:
    given = {"TRADEWIND_HOME": str(tmp_path), "TRADEWIND_LEASES": "journal"}
    settings = load_settings(environment=given, folder=tmp_path)

    async def take() -> None:
        await taken_role(settings, "core", asyncio.Event(), patience_s=0.0)

    with pytest.raises(UserError, match="set JOURNAL_URL"):
        asyncio.run(take())
    RoleLease(tmp_path, "core").close()  # the lock of the home was given back
