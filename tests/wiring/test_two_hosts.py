"""Standbys of the core on two hosts: two homes of one machine, over one PostgreSQL."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.postgres_server import PostgresServer, running_postgres
from tests.wiring.split_run import SplitRun
from tradewind.model import messages as m
from tradewind.ports.journal import numbered
from tradewind.wiring.journals import JournalPlace

LOG = logging.getLogger("tests.hosts")


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as found:
        yield found


def host(split: SplitRun, shared: Path, url: str) -> None:
    """Settings of a host: what is between hosts is in a folder that both reach."""
    split.strategies = 0
    split.home.mkdir(mode=0o700, parents=True)
    (split.home / "market").symlink_to(shared / "market")
    split.environment = {
        "TRADEWIND_STRATEGIES": "none",
        "TRADEWIND_LEASES": "journal",
        "JOURNAL_URL": url,
        "BUS_MARKET_DATA": f"ipc://{shared}/m.ipc",
        "BUS_WISHES": f"ipc://{shared}/w.ipc",
    }


def is_well(split: SplitRun) -> bool:
    return split.health("risk-manager").get("ok") is True


@pytest.mark.long
def test_a_core_of_another_host_takes_over_from_one_that_is_killed_or_frozen(
    tmp_path: Path, short_folder: Path, server: PostgresServer
) -> None:
    url, shared = server.new_database(), short_folder
    for folder in (shared / "market", tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
    with SplitRun(tmp_path / "a" / "home") as one, SplitRun(tmp_path / "b" / "home") as two:
        for split in (one, two):
            host(split, shared, url)
        one.start("--role", "market-data")
        one.start("--role", "risk-manager", "--standby")
        one.until(lambda: is_well(one), "the first host trades")
        two.start("--role", "risk-manager", "--standby")
        time.sleep(3)
        assert not two.health("risk-manager")
        os.kill(one.health("risk-manager")["pid"], signal.SIGKILL)
        killed_s = two.until(lambda: is_well(two), "the second host trades")
        one.start("--role", "risk-manager", "--standby")
        frozen = two.health("risk-manager")["pid"]
        time.sleep(5)
        os.kill(frozen, signal.SIGSTOP)
        frozen_s = one.until(lambda: is_well(one), "the first host trades again")
        os.kill(frozen, signal.SIGCONT)
        two.until(lambda: not two.is_running(frozen), "who was frozen ends by itself")
        rows = one.metric("risk-manager", "market_rows_total")
        one.until(lambda: one.metric("risk-manager", "market_rows_total") > rows, "it goes on")
    LOG.info("killed %.1f s, frozen %.1f s", killed_s, frozen_s)
    with closing(JournalPlace(tmp_path, url).read()) as journal:
        journal.verify()
        epochs = [group.epoch for group in journal.groups()]
        records = [one for group in journal.groups() for _, one in numbered(group)]
    assert epochs == sorted(epochs)
    assert [one.epoch for one in records if isinstance(one, m.RunStarted)] == [1, 2, 3]
