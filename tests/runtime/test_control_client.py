"""The client of the control socket, and the socket as a file: owner, path, leftovers."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import pytest

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.model.errors import OutsideError
from tradewind.runtime import control_client
from tradewind.runtime.control import ControlServer
from tradewind.runtime.control_client import EngineUnreachable, ask
from tradewind.runtime.control_messages import HealthRequest, PositionsRequest
from tradewind.runtime.read_models import PositionRow


def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    with running(tmp_path, MemoryEngine()):
        mode = stat.S_IMODE((tmp_path / "control.sock").stat().st_mode)
    assert mode == 0o600
    assert not (tmp_path / "control.sock").exists()


def test_a_home_whose_path_is_too_long_for_a_socket_works_too(tmp_path: Path) -> None:
    home = tmp_path / ("d" * 120)
    home.mkdir()
    with running(home, MemoryEngine()):
        assert ask(home, HealthRequest())["ok"]


def test_a_socket_that_a_dead_engine_left_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "control.sock"))
    assert (tmp_path / "control.sock").exists()
    with running(tmp_path, MemoryEngine()):
        assert ask(tmp_path, HealthRequest())["ok"]


def test_a_second_engine_in_the_same_home_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, MemoryEngine()), pytest.raises(OutsideError, match="another engine"):
        asyncio.run(ControlServer(tmp_path, MemoryEngine()).start())


def test_a_home_without_an_engine_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable, match=r"no engine runs in .*: start one with"):
        ask(tmp_path, HealthRequest())


def test_an_engine_that_does_not_answer_is_told_within_the_deadline(tmp_path: Path) -> None:
    # The loop of this server never runs, so nobody accepts.
    loop = asyncio.new_event_loop()
    server = ControlServer(tmp_path, MemoryEngine())
    loop.run_until_complete(server.start())
    with pytest.raises(EngineUnreachable, match=r"did not answer in 0\.05 s"):
        ask(tmp_path, HealthRequest(), deadline_s=0.05)
    loop.run_until_complete(server.close())
    loop.close()


def test_an_answer_without_an_end_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RichEngine(MemoryEngine):
        def positions(self) -> list[PositionRow]:
            return super().positions() * 10_000

    monkeypatch.setattr(control_client, "ANSWER_BYTES_MAX", 100_000)
    with (
        running(tmp_path, RichEngine()),
        pytest.raises(EngineUnreachable, match="it answered more than 100000 bytes"),
    ):
        ask(tmp_path, PositionsRequest())
