"""Pipes through a file: whole messages in whatever pieces, and bounds that hold at either end."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.adapters.zeromq import file_pipes, wire
from tradewind.adapters.zeromq.file_frames import FRAMES_MAX, Frames, encoded
from tradewind.adapters.zeromq.file_pipes import FileHub, FilePipe
from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.model.columns import Columns
from tradewind.model.errors import BadMessage
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments
from tradewind.testing.bus_suite import BTC, trades

MESSAGES = [[b"b", b"", b"xyz"], [b"h"], [b"q" * 300] * FRAMES_MAX]


async def until(is_reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_reached():
            await asyncio.sleep(0.005)


@given(st.lists(st.integers(1, 5_000), max_size=8))
def test_messages_are_the_same_in_whatever_pieces_they_come(places: list[int]) -> None:
    data = b"".join(map(encoded, MESSAGES))
    cuts = [0, *sorted(place for place in set(places) if place < len(data)), len(data)]
    frames, found = Frames(), []
    for start, stop in pairwise(cuts):
        frames.feed(data[start:stop])
        while (message := frames.next()) is not None:
            found.append(message)
    assert found == MESSAGES


@pytest.mark.parametrize(
    "numbers", [(0,), (FRAMES_MAX + 1,), (2, wire.MESSAGE_BYTES_MAX, 1), (1, 2**32 - 1)]
)
def test_a_message_that_can_be_none_is_refused_by_its_head(numbers: tuple[int, ...]) -> None:
    frames = Frames()
    frames.feed(struct.pack(f"<{len(numbers)}I", *numbers))
    with pytest.raises(BadMessage):
        frames.next()


def test_a_peer_that_talks_nonsense_is_let_go_and_the_others_are_not(short_folder: Path) -> None:
    path = str(short_folder / "hub")

    async def play() -> None:
        hub = FileHub(path)
        hub.bind()
        assert Path(path).stat().st_mode & 0o777 == 0o600
        good = FilePipe(path)
        good.send([wire.REQUEST, b"n" * 16, b"body"])
        with socket.socket(socket.AF_UNIX) as bad:
            bad.connect(path)
            bad.sendall(bytes(64))
            bad.settimeout(0)
            await until(lambda: bool(hub._requests))
            await until(lambda: len(hub._peers) == 1)
            assert bad.recv(1) == b""
        hub.send([wire.ANSWER + b"n" * 16, b"e"])
        hub.send([wire.ANSWER + b"m" * 16, b"for nobody"])
        hub.send([wire.HEARTBEAT, b"place"])
        found: list[list[bytes]] = []
        await until(lambda: bool(found.extend(iter(good.received, None)) or len(found) == 2))
        assert found == [[wire.ANSWER + b"n" * 16, b"e"], [wire.HEARTBEAT, b"place"]]
        good.close()
        hub.close()

    asyncio.run(play())


def test_what_waits_for_a_peer_that_does_not_read_is_bounded_and_whole(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_pipes, "QUEUE_BYTES_MAX", 1 << 20)
    path = str(short_folder / "hub")

    async def play() -> None:
        hub = FileHub(path)
        hub.bind()
        pipe = FilePipe(path)
        pipe.connect()
        await until(lambda: bool(hub._peers))
        for number in range(100):
            hub.send([wire.ROWS, number.to_bytes(2, "little"), bytes(100_000)])
        (peer,) = hub._peers.values()
        assert peer._queued_bytes <= 1 << 20
        found: list[int] = []

        def take() -> bool:
            while (frames := pipe.received()) is not None:
                assert len(frames[2]) == 100_000
                found.append(int.from_bytes(frames[1], "little"))
            return not peer._queue

        await until(take)
        assert 0 < len(found) < 100
        assert found == list(range(len(found)))
        pipe.close()
        hub.close()

    asyncio.run(play())


def test_a_fault_in_who_takes_the_rows_ends_the_run(short_folder: Path) -> None:
    def refuse(_: Columns) -> None:
        raise ZeroDivisionError

    async def play() -> None:
        place = f"ipc://{short_folder}/bus.ipc"
        publisher = ZeroMqPublisher(place, ReplayLog(MemorySegments()), session=1)
        await publisher.start([BTC])
        running = asyncio.create_task(publisher.run())
        subscriber = ZeroMqSubscriber(place)
        await subscriber.start()
        reading = asyncio.create_task(subscriber.run(refuse, lambda _: None))
        await asyncio.sleep(0.05)  # so that it waits: the rows come in a call of the event loop
        publisher.publish(trades(1))
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(30):
                await reading
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await subscriber.close()
        await publisher.close()

    asyncio.run(play())


def test_a_subscriber_goes_over_to_who_took_the_place_of_one_that_is_frozen(
    short_folder: Path,
) -> None:
    endpoint = f"ipc://{short_folder}/bus"

    async def play() -> None:
        found: list[Columns] = []
        frozen = ZeroMqPublisher(endpoint, ReplayLog(MemorySegments()), session=1)
        await frozen.start([BTC])
        running = asyncio.create_task(frozen.run())
        subscriber = ZeroMqSubscriber(endpoint)
        await subscriber.start()
        reading = asyncio.create_task(subscriber.run(found.append, lambda _: None))
        frozen.publish(trades(1))
        await until(lambda: len(found) == 1)
        running.cancel()  # it holds the connection, and says nothing any more
        second = ZeroMqPublisher(endpoint, ReplayLog(MemorySegments()), session=2)
        await second.start([BTC])
        beating = asyncio.create_task(second.run())
        await until(lambda: subscriber.position.session == 2)
        second.publish(trades(2))
        await until(lambda: len(found) == 2)
        for task in (running, reading, beating):
            task.cancel()
        await asyncio.gather(running, reading, beating, return_exceptions=True)
        await subscriber.close()
        await second.close()
        await frozen.close()

    asyncio.run(play())
