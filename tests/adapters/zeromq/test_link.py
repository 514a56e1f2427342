"""The link: both ways, by name, over restarts, and over a network for allowed keys only."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tradewind.adapters.zeromq.file_link import FileExchange, FileLine
from tradewind.adapters.zeromq.gatekeeper import Gatekeeper
from tradewind.adapters.zeromq.keys import BusKeys
from tradewind.adapters.zeromq.link import ZeroMqExchange, ZeroMqLine
from tradewind.adapters.zeromq.subscriber import Access
from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.link import Exchange, Line

DEADLINE_S = 30.0


class Ends:
    """An exchange that echoes, and lines that keep what they hear."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.heard: dict[Line, list[bytes]] = {}
        self.peers: list[bytes] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        await self.exchange.start()
        self._tasks.append(asyncio.create_task(self.exchange.run(self._echo)))

    async def line(self, line: Line) -> Line:
        heard = self.heard[line] = []
        await line.start()
        self._tasks.append(asyncio.create_task(line.run(lambda frames: heard.extend(frames))))
        return line

    def _echo(self, peer: bytes, frames: list[bytes]) -> None:
        self.peers.append(peer)
        self.exchange.send(peer, frames)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self.heard:
            await line.close()
        await self.exchange.close()


async def until(is_reached: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not is_reached():
            await asyncio.sleep(0.005)


async def said(line: Line, heard: list[bytes], word: bytes) -> None:
    """Say a word until it was heard again: while nobody is there it goes nowhere."""
    async with asyncio.timeout(DEADLINE_S):
        while word not in heard:
            line.send([word])
            await asyncio.sleep(0.02)


def test_each_line_hears_what_was_for_it_in_order(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/wishes.ipc"

    async def talk() -> None:
        ends = Ends(FileExchange(endpoint))
        await ends.open()
        assert Path(tmp_path / "wishes.ipc").stat().st_mode & 0o077 == 0
        lines = [await ends.line(FileLine(endpoint)) for _ in range(2)]
        for line in lines:
            await said(line, ends.heard[line], b"begin")
        for number in range(200):
            for line in lines:
                assert line.send([b"%d" % number, b"%d more" % number])
        wanted = [word for one in range(200) for word in (b"%d" % one, b"%d more" % one)]
        for line in lines:
            await until(lambda line=line: ends.heard[line][-400:] == wanted)  # type: ignore[misc]
        assert len(set(ends.peers)) == 2
        assert not ends.exchange.send(b"nobody", [b"word"])
        await ends.close()

    asyncio.run(talk())


def test_a_line_finds_an_exchange_that_was_started_again(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/wishes.ipc"

    async def talk() -> None:
        ends = Ends(FileExchange(endpoint))
        line = await ends.line(FileLine(endpoint))
        assert not line.send([b"nobody is there"])
        await ends.open()
        await said(line, ends.heard[line], b"first")
        await ends.exchange.close()
        second = Ends(FileExchange(endpoint))
        await second.open()
        await said(line, ends.heard[line], b"second")
        assert set(second.peers) <= set(ends.peers)
        await second.close()
        with contextlib.suppress(OutsideError):
            await ends.close()

    asyncio.run(talk())


def test_over_a_network_only_allowed_keys_are_let_in(tmp_path: Path) -> None:
    core, bridge = BusKeys(tmp_path / "core"), BusKeys(tmp_path / "bridge")
    core.make()
    bridge.make()

    async def talk() -> None:
        exchange = ZeroMqExchange("tcp://127.0.0.1:*", Gatekeeper(core, time.monotonic))
        ends = Ends(exchange)
        await ends.open()
        access = Access(bridge.pair(), core.pair().public)
        line = await ends.line(ZeroMqLine(exchange.endpoint, access))
        for _ in range(10):
            line.send([b"let me in"])
            await asyncio.sleep(0.02)
        assert ends.peers == []
        core.allow("bridge", bridge.pair().public)
        await said(line, ends.heard[line], b"thanks")
        await ends.close()

    asyncio.run(talk())
    with pytest.raises(UserError, match="it needs keys"):
        ZeroMqLine("tcp://127.0.0.1:1")
    with pytest.raises(UserError, match="it needs keys"):
        ZeroMqExchange("tcp://127.0.0.1:1")
