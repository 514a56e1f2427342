"""What a publisher does with requests that are wrong, and a subscriber with answers that are."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from tradewind.adapters.zeromq import wire
from tradewind.adapters.zeromq.file_pipes import FilePipe
from tradewind.adapters.zeromq.publisher import NONCE_BYTES, ZeroMqPublisher
from tradewind.adapters.zeromq.sockets import path_of
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.model.errors import BadMessage, OutsideError
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments
from tradewind.testing.bus_suite import BTC, Heard, trades

NONCE = b"n" * NONCE_BYTES


@pytest.fixture
def publisher(short_folder: Path) -> ZeroMqPublisher:
    log = ReplayLog(MemorySegments(), kept_batches_max=10)
    return ZeroMqPublisher(f"ipc://{short_folder}/bus.ipc", log, session=7)


def test_requests_are_answered_within_limits_and_nonsense_is_counted(
    publisher: ZeroMqPublisher,
) -> None:
    asyncio.run(ask(publisher))


async def ask(publisher: ZeroMqPublisher) -> None:
    await publisher.start([BTC])
    running = asyncio.create_task(publisher.run())
    for price in range(1, 31):
        publisher.publish(trades(price))
    pipe = FilePipe(path_of(publisher.endpoint))
    wrong = [
        [wire.REQUEST],
        [wire.REQUEST, b"short", wire.encoded_request(wire.Hello())],
        [wire.REQUEST, NONCE, b"\xc1"],
        [wire.REQUEST, NONCE, b"\x81\xa4type\xa3all"],
    ]
    for frames in wrong:
        pipe.send(frames)
    for session, first, last in ((6, 21, 22), (7, 29, 2**60), (7, -5, 21)):
        request = wire.encoded_request(wire.Replay(session, first, last))
        pipe.send([wire.REQUEST, NONCE, request])
    answers = []
    async with asyncio.timeout(30):
        while len(answers) < 5:
            while (frames := pipe.received()) is None:
                assert not running.done(), running.exception()
                await asyncio.sleep(0.01)
            if frames[0] == wire.ANSWER + NONCE:
                answers.append((frames[1], wire.place_of(frames[2]).sequence))
    assert publisher.damaged_count == len(wrong)
    # of another session nothing; up to the newest; from the oldest that there is
    assert answers == [
        (wire.ROWS, 29), (wire.ROWS, 30), (wire.END, 30), (wire.GONE, 21), (wire.ROWS, 21),
    ]  # fmt: skip
    pipe.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await publisher.close()


def test_bytes_that_are_no_batch_are_refused() -> None:
    layouts = wire.Layouts()
    _, layout, numbers = wire.row_frames(wire.Place(1, 1), trades(5), layouts)
    for frames in ([layout], [b"", numbers], [layout, numbers[:-1]], [layout, b""]):
        with pytest.raises(BadMessage):
            wire.rows_of(frames, layouts)
    with pytest.raises(BadMessage):
        wire.place_of(b"12345678")


def test_a_place_that_cannot_be_had_is_one_sentence(short_folder: Path) -> None:
    publisher = ZeroMqPublisher(
        f"ipc://{short_folder}/not/there.ipc", ReplayLog(MemorySegments()), session=1
    )

    async def start() -> None:
        try:
            await publisher.start([BTC])
        finally:
            await publisher.close()

    with pytest.raises(OutsideError, match="set BUS_MARKET_DATA to another place"):
        asyncio.run(start())


def test_a_publisher_that_was_started_again_is_followed_and_the_hole_is_told(
    short_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    place = f"ipc://{short_folder}/bus.ipc"

    async def play() -> Heard:
        heard, subscriber = Heard(), ZeroMqSubscriber(place)
        for session in (5, 3):  # the clock was put back between them
            publisher = ZeroMqPublisher(place, ReplayLog(MemorySegments()), session=session)
            await publisher.start([BTC])
            running = asyncio.create_task(publisher.run())
            if session == 5:
                await subscriber.start()
                reading = asyncio.create_task(subscriber.run(heard.take, heard.miss))
            for price in (10 * session, 10 * session + 1):
                publisher.publish(trades(price))
            last = 10 * session + 1
            await heard.until(lambda last=last: last in heard.prices)  # type: ignore[misc]
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await publisher.close()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await subscriber.close()
        return heard

    heard = asyncio.run(play())
    assert heard.prices == [50, 51, 30, 31]
    assert [(each.session, each.first, each.last) for each in heard.missed] == [(5, 3, 0)]
