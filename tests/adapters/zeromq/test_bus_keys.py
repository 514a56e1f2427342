"""Who may connect to the bus over TCP: nobody without a key that is on the list."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq

from tradewind.adapters.zeromq.gatekeeper import Gatekeeper
from tradewind.adapters.zeromq.keys import BusKeys, KeyPair
from tradewind.adapters.zeromq.publisher import ZeroMqPublisher
from tradewind.adapters.zeromq.sockets import new_socket
from tradewind.adapters.zeromq.subscriber import Access, ZeroMqSubscriber
from tradewind.model.errors import UserError
from tradewind.runtime.replay_log import ReplayLog
from tradewind.runtime.segments import MemorySegments
from tradewind.testing.bus_suite import BTC, Heard, trades

DEADLINE_S = 30.0
NOT_ALLOWED, NO_KEY = "it is not allowed", "it has no key, or was not made for ours"


class Bus:
    """A publisher on TCP that allows one key, and who it allows."""

    def __init__(self, folder: Path) -> None:
        self.keys, self.friend = BusKeys(folder / "bus"), BusKeys(folder / "friend")
        self.stranger = BusKeys(folder / "stranger").make()
        self.keys.make()
        self.keys.allow("friend", self.friend.make().public)
        log = ReplayLog(MemorySegments())
        self.gatekeeper = Gatekeeper(self.keys, time.monotonic)
        self.publisher = ZeroMqPublisher(
            "tcp://127.0.0.1:*", log, session=1, gatekeeper=self.gatekeeper
        )

    def subscriber(self, pair: KeyPair, publisher_key: str = "") -> ZeroMqSubscriber:
        access = Access(pair, publisher_key or self.keys.pair().public)
        return ZeroMqSubscriber(self.publisher.endpoint, access)


@pytest.fixture
def bus(short_folder: Path) -> Bus:
    return Bus(short_folder)


Connect = Callable[[Bus], Access | None]


def unknown_key(bus: Bus) -> Access:
    return Access(bus.stranger, bus.keys.pair().public)


def wrong_publisher(bus: Bus) -> Access:
    return Access(bus.friend.pair(), bus.stranger.public)


def secret_of_another(bus: Bus) -> Access:
    pair = KeyPair(bus.friend.pair().public, bus.stranger.secret)
    return Access(pair, bus.keys.pair().public)


def no_key(_: Bus) -> None:
    return None


@pytest.mark.parametrize(
    ("connect", "why"),
    [
        (unknown_key, NOT_ALLOWED),
        (wrong_publisher, NO_KEY),
        (secret_of_another, NO_KEY),
        (no_key, NO_KEY),
    ],
)
def test_whoever_has_no_allowed_key_gets_nothing_and_is_spoken_of_once(
    bus: Bus, connect: Connect, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(intrude(bus, connect))
    assert bus.gatekeeper.refused_count > 0
    told = [each.getMessage() for each in caplog.records if "bus_refused" in each.getMessage()]
    assert len(told) == 1, told
    assert why in told[0]
    assert not any(BusKeys(bus.keys.folder.parent).pair().secret.reveal() in one for one in told)


async def intrude(bus: Bus, connect: Connect) -> None:
    """Let an intruder and a friend listen to the same rows; the intruder by a bare socket."""
    await bus.publisher.start([BTC])
    running = asyncio.create_task(bus.publisher.run())
    friend, heard = bus.subscriber(bus.friend.pair()), Heard()
    await friend.start()
    reading = asyncio.create_task(friend.run(heard.take, heard.miss))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    intruders = []
    async with asyncio.timeout(DEADLINE_S):
        for attempt in (1, 2):
            intruders.append(listener(context, bus, connect(bus)))
            while bus.gatekeeper.refused_count < attempt:
                await asyncio.sleep(0.01)
    bus.publisher.publish(trades(5))
    await heard.until(lambda: heard.prices == [5])
    assert [each.poll(200) for each in intruders] == [0, 0], "something was delivered"
    for each in (running, reading):
        each.cancel()
    await asyncio.gather(running, reading, return_exceptions=True)
    for intruder in intruders:
        intruder.close()
    context.term()
    await friend.close()
    await bus.publisher.close()


def listener(
    context: zmq.Context[zmq.Socket[bytes]], bus: Bus, access: Access | None
) -> zmq.Socket[bytes]:
    """A socket that wants everything the publisher sends, heartbeats too."""
    socket = new_socket(context, zmq.SUB)
    if access is not None:
        socket.setsockopt_string(zmq.CURVE_SERVERKEY, access.publisher)
        socket.setsockopt_string(zmq.CURVE_PUBLICKEY, access.pair.public)
        socket.setsockopt_string(zmq.CURVE_SECRETKEY, access.pair.secret.reveal())
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(bus.publisher.endpoint)
    return socket


def test_a_revoked_key_loses_its_connection_and_others_lose_nothing(bus: Bus) -> None:
    asyncio.run(revoke_while_connected(bus))


async def revoke_while_connected(bus: Bus) -> None:
    bus.keys.allow("other", bus.stranger.public)
    await bus.publisher.start([BTC])
    running = [asyncio.create_task(bus.publisher.run())]
    friend, other = bus.subscriber(bus.friend.pair()), bus.subscriber(bus.stranger)
    heard, heard_of_other = Heard(), Heard()
    for one, ears in ((friend, heard), (other, heard_of_other)):
        await one.start()
        running.append(asyncio.create_task(one.run(ears.take, ears.miss)))
    bus.publisher.publish(trades(1))
    await heard.until(lambda: heard.prices == [1])
    await heard_of_other.until(lambda: heard_of_other.prices == [1])
    bus.keys.revoke("other")
    async with asyncio.timeout(DEADLINE_S):
        while "refuses our key" not in other.complaint:
            await asyncio.sleep(0.01)
    for price in range(2, 50):
        bus.publisher.publish(trades(price))
    await heard.until(lambda: heard.prices == list(range(1, 50)))
    assert (heard.missed, heard_of_other.prices) == ([], [1])
    bus.keys.allow("other", bus.stranger.public)
    await heard_of_other.until(lambda: heard_of_other.prices == list(range(1, 50)))
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for one in (friend, other, bus.publisher):
        await one.close()


def test_a_network_without_keys_is_refused_at_once() -> None:
    with pytest.raises(UserError, match="needs keys"):
        ZeroMqPublisher("tcp://127.0.0.1:*", ReplayLog(MemorySegments()), session=1)
    with pytest.raises(UserError, match="needs keys"):
        ZeroMqSubscriber("tcp://127.0.0.1:5555")
    with pytest.raises(UserError, match="tcp://HOST:PORT"):
        ZeroMqSubscriber("127.0.0.1:5555")


def test_a_secret_key_that_others_may_read_is_refused(short_folder: Path) -> None:
    keys = BusKeys(short_folder)
    keys.make()
    assert (keys.folder / "key.json").stat().st_mode & 0o777 == 0o600
    assert keys.pair().secret.reveal() not in repr(keys.pair())
    (keys.folder / "key.json").chmod(0o640)
    with pytest.raises(UserError, match="chmod 600"):
        keys.pair()


def test_a_list_that_cannot_be_read_lets_nobody_in(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    (bus.keys.folder / "allowed.json").write_text("{")
    caplog.set_level(logging.WARNING)
    frames = [b"1.0", b"7", b"", b"10.0.0.9", b"", b"CURVE", bytes(32)]
    assert bus.gatekeeper._answer(frames)[2] == b"400"
    assert "nobody may connect" in caplog.text
