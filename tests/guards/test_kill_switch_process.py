"""The kill switch of a real engine, on the days that it is there for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.disks import small_disk
from tests.guards.guarded_run import (
    FAR_PRICE,
    INSTRUMENT,
    QUANTITY,
    open_at,
    running_engine,
    settings_of,
    wait_for,
)
from tests.storm.engine import StormEngine
from tradewind.model.errors import TradewindError
from tradewind.model.orders import Side
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import HaltRequest

RESTING = 20


def rest(engine: StormEngine, venue: LocalVenue) -> None:
    for number in range(RESTING):
        assert engine.place(INSTRUMENT, Side.BUY, QUANTITY, FAR_PRICE - 100 * number)
    wait_for(lambda: len(open_at(venue)) == RESTING, "orders rest at the venue")


def received(venue: LocalVenue) -> int:
    return sum(one["what"] == "received" for one in venue.log())


def fill_up(disk: Path) -> None:
    """Leave no byte."""
    with (disk / "rubbish").open("wb") as file:
        while True:
            try:
                os.write(file.fileno(), bytes(1 << 16))
            except OSError:
                break
    with (disk / "crumbs").open("wb") as file:
        while True:
            try:
                os.write(file.fileno(), b"0")
            except OSError:
                break


def test_nothing_is_sent_behind_a_halt_and_all_that_rests_is_canceled(tmp_path: Path) -> None:
    with (
        local_venue("binance", "--rates", "20") as venue,
        running_engine(venue, tmp_path / "home") as engine,
    ):
        rest(engine, venue)
        ask(engine.home, HaltRequest("all", "odd fills", "test"))
        wait_for(lambda: not open_at(venue), "all canceled")
        sent = received(venue)
        for number in range(5):
            engine.place(INSTRUMENT, Side.BUY, QUANTITY, FAR_PRICE - 100 * (RESTING + number))
        engine.wait_until(lambda status: status["counts"]["orders_denied"] >= 5, "denied")
        assert received(venue) == sent


def test_it_works_while_the_disk_of_the_journal_is_full(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with (
        local_venue("binance", "--rates", "20") as venue,
        small_disk(folder, "48m") as disk,
        running_engine(venue, disk / "home") as engine,
    ):
        rest(engine, venue)
        fill_up(disk)
        try:
            ask(engine.home, HaltRequest("all", "odd fills", "test"))
        except TradewindError:
            assert engine.process is not None  # it may end instead, behind its last cancels
        wait_for(lambda: not open_at(venue), "all canceled with a full disk")
        assert received(venue) == RESTING


@pytest.mark.long
def test_it_works_while_the_gateway_is_frozen(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"TRADEWIND_AUTHENTICATION": "required", "PORT": str(port)}
    with local_venue("binance", "--rates", "20") as venue:
        engine = WithGateway(venue, home, **settings_of(venue), **settings)
        engine.start()
        frozen: list[int] = []
        try:
            wait_for(lambda: bool(engine.gateway_processes()), "a gateway")
            wait_for(engine.has_prices, "trading at prices")
            rest(engine, venue)
            frozen = engine.gateway_processes()
            for process in frozen:
                os.kill(process, signal.SIGSTOP)
            done = subprocess.run(
                [sys.executable, "-m", "tradewind", "halt", "--home", str(home)], check=False
            )
            assert done.returncode == 0
            wait_for(lambda: not open_at(venue), "all canceled beside a frozen gateway")
        finally:
            for process in frozen:
                os.kill(process, signal.SIGCONT)
            engine.end(signal.SIGTERM)


class WithGateway(StormEngine):
    """An engine with its gateway."""

    def _spawn(self) -> None:
        command = [sys.executable, "-m", "tradewind", "run", "--home", str(self.home)]
        with (self.home.parent / "engine.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*command, "--mode", "live"], stdout=out, stderr=out, env=self.environment
            )

    def has_prices(self) -> bool:
        """Whether it trades, at prices."""
        return self.is_trading() and all(row["last"] for row in self.status()["market"])

    def gateway_processes(self) -> list[int]:
        """The processes that the engine started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in children.read_text().split()]
