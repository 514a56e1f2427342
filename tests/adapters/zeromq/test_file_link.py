"""The link through a file: long messages whole, bounds, who took the place, whose fault it is."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tradewind.adapters.zeromq import file_link
from tradewind.adapters.zeromq.file_frames import encoded
from tradewind.adapters.zeromq.file_link import FileExchange, FileLine
from tradewind.model.errors import OutsideError
from tradewind.ports.link import Frames


class Talk:
    """An exchange and a line, and what each has heard."""

    def __init__(self, folder: Path) -> None:
        self.endpoint = f"ipc://{folder}/wishes.ipc"
        self.exchange, self.line = FileExchange(self.endpoint), FileLine(self.endpoint)
        self.asked: list[tuple[bytes, Frames]] = []
        self.heard: list[Frames] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Talk:
        await self.exchange.start()
        await self.line.start()
        self.begin(self.exchange.run(lambda peer, frames: self.asked.append((peer, frames))))
        self.begin(self.line.run(self.heard.append))
        self.line.send([b"hello"])
        await until(lambda: bool(self.asked))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.line.close()
        await self.exchange.close()

    @property
    def name(self) -> bytes:
        return self.asked[0][0]

    def words(self) -> list[Frames]:
        return [frames for _, frames in self.asked]

    def begin(self, running: object) -> None:
        assert asyncio.iscoroutine(running)
        self.tasks.append(asyncio.create_task(running))


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_reached():
            await asyncio.sleep(0.005)


def test_long_messages_and_many_frames_come_whole_and_in_order(short_folder: Path) -> None:
    async def play() -> None:
        async with Talk(short_folder) as talk:
            wanted = [[b"state", bytes(9_000_000)], [b"%d" % one for one in range(3_000)], [b"end"]]
            for frames in wanted:
                assert talk.exchange.send(talk.name, frames)
                assert talk.line.send(frames)
            await until(lambda: len(talk.heard) == 3 and len(talk.asked) == 4)
            assert talk.heard == wanted
            assert [frames for _, frames in talk.asked[1:]] == wanted

    asyncio.run(play())


def test_what_has_no_room_is_told_and_what_had_comes_whole(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_link, "QUEUE_BYTES_MAX", 3 << 20)

    async def play() -> None:
        async with Talk(short_folder) as talk:
            block = bytes(1 << 20)
            told = [talk.exchange.send(talk.name, [b"%d" % one, block]) for one in range(20)]
            assert told[0]
            assert not told[-1]
            await until(lambda: len(talk.heard) == sum(told))
            numbers = [int(frames[0]) for frames in talk.heard]
            assert numbers == [number for number, is_sent in enumerate(told) if is_sent]
            assert not talk.exchange.send(b"nobody", [b"word"])
            assert not talk.line.send([bytes(file_link.MESSAGE_BYTES_MAX)]), "no end would take it"

    asyncio.run(play())


def test_a_line_goes_over_to_who_took_the_place_of_one_that_is_frozen(short_folder: Path) -> None:
    async def play() -> None:
        async with Talk(short_folder) as talk:
            talk.tasks[0].cancel()  # it holds the connection, and reads nothing any more
            second, asked = FileExchange(talk.endpoint), []
            await second.start()
            talk.begin(second.run(lambda peer, frames: asked.append((peer, frames))))
            await until(lambda: talk.line.send([b"is somebody there"]) and bool(asked))
            assert asked[0][0] == talk.name, "it is the same line"
            assert second.send(talk.name, [b"yes"])
            await until(lambda: [b"yes"] in talk.heard)
            await second.close()

    asyncio.run(play())


def test_who_says_no_name_is_let_go_and_a_name_is_the_newest_connection(
    short_folder: Path,
) -> None:
    async def play() -> None:
        async with Talk(short_folder) as talk:
            with socket.socket(socket.AF_UNIX) as rude, socket.socket(socket.AF_UNIX) as again:
                rude.settimeout(10)
                again.settimeout(10)
                rude.connect(talk.endpoint.removeprefix("ipc://"))
                rude.send(encoded([b"a word", b"but no name"]))
                assert await asyncio.to_thread(rude.recv, 1) == b""
                again.connect(talk.endpoint.removeprefix("ipc://"))
                again.send(encoded([talk.name]))
                await until(lambda: talk.line.send([b"back"]) and [b"back"] in talk.words())
                # the line has connected anew, and so the one that took its name was let go
                assert await asyncio.to_thread(again.recv, 1) == b""
            assert talk.exchange.send(talk.name, [b"for the line"])
            await until(lambda: [b"for the line"] in talk.heard)

    asyncio.run(play())


@pytest.mark.parametrize("end", ["exchange", "line"])
def test_a_fault_in_who_takes_messages_ends_the_run(short_folder: Path, end: str) -> None:
    def refuse(*_: object) -> None:
        raise ZeroDivisionError

    async def play() -> None:
        async with Talk(short_folder) as talk:
            talk.tasks.pop(("exchange", "line").index(end)).cancel()
            await asyncio.sleep(0)
            running = asyncio.create_task(getattr(talk, end).run(refuse))
            await asyncio.sleep(0)
            talk.line.send([b"word"])
            talk.exchange.send(talk.name, [b"word"])
            with pytest.raises(ZeroDivisionError):
                async with asyncio.timeout(30):
                    await running

    asyncio.run(play())


def test_a_place_that_cannot_be_had_is_one_sentence(short_folder: Path) -> None:
    exchange = FileExchange(f"ipc://{short_folder}/no/such/folder/wishes.ipc")
    with pytest.raises(OutsideError, match="set BUS_WISHES to another place"):
        asyncio.run(exchange.start())
