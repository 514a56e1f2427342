"""The publisher: rows, heartbeats, and what subscribers ask for again, by ZeroMQ or a file."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import Sequence

import zmq

from tradewind.adapters.zeromq import wire
from tradewind.adapters.zeromq.file_pipes import FileHub
from tradewind.adapters.zeromq.gatekeeper import Gatekeeper
from tradewind.adapters.zeromq.sockets import (
    Reading,
    checked_endpoint,
    is_on_this_host,
    new_socket,
    path_of,
    received,
)
from tradewind.model.columns import Columns
from tradewind.model.errors import BadMessage, OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.bus import pieces
from tradewind.ports.journal import JournalDamaged
from tradewind.runtime.replay_log import ReplayLog

HEARTBEAT_S = 0.1
REPLAY_BATCHES_MAX = 256
"""Batches sent again for one request."""
REPLAY_BYTES_MAX = 4 << 20
"""No further batch is sent for a request that has brought this much."""
REQUESTS_PER_LOOK_MAX = 64
NONCE_BYTES = 16
BIND_DEADLINE_S = 5.0

LOG = logging.getLogger("tradewind.bus")


class ZeroMqPublisher:
    """Publishes on an endpoint. `session` is later than that of every publisher before.

    A `gatekeeper` has to guard every endpoint that is not a file of this host. Through a file rows
    go without ZeroMQ's threads (`file_pipes`); all else is the same.
    """

    def __init__(
        self, endpoint: str, log: ReplayLog, *, session: int, gatekeeper: Gatekeeper | None = None
    ) -> None:
        self._endpoint = checked_endpoint(endpoint)
        if gatekeeper is None and not is_on_this_host(endpoint):
            raise UserError(f"{endpoint} is reached over a network: it needs keys")
        self.endpoint = endpoint
        self.replayed_count = 0
        self.damaged_count = 0
        self._log = log
        self._session = session
        self._gatekeeper = None if is_on_this_host(endpoint) else gatekeeper
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._hub: FileHub | None = None
        self._layouts = wire.Layouts()
        self._instruments = b""

    @property
    def sequence(self) -> int:
        """The number of the newest batch."""
        return self._log.sequence

    @property
    def complaint(self) -> str:
        """What is wrong with the replay log, "" where nothing is."""
        return self._log.complaint

    async def start(self, instruments: Sequence[Instrument]) -> None:
        """Bind; `OutsideError` where the endpoint cannot be had."""
        self._instruments = wire.encoded_instruments(instruments)
        if is_on_this_host(self._endpoint):
            self._bind_file()
            return
        self._context = zmq.Context()
        if self._gatekeeper is not None:
            self._gatekeeper.start(self._context)
        await self._bind()

    def publish(self, columns: Columns) -> None:
        """Number a batch, send it to who keeps up, keep it for who does not."""
        for piece in pieces(columns):
            place = wire.Place(self._session, self._log.sequence + 1)
            self._send([wire.ROWS, *wire.row_frames(place, piece, self._layouts)])
            self._log.keep(piece)

    async def run(self) -> None:
        """Send heartbeats, answer subscribers and let keys in, until cancelled."""
        loop = asyncio.get_running_loop()
        heartbeat_s = loop.time()
        while True:
            revoked = self._gatekeeper is not None and self._gatekeeper.has_revoked()
            if self._hub is None and (self._socket is None or revoked):
                # Whoever is still allowed connects again, and asks for what it missed meanwhile.
                await self._bind()
            with contextlib.ExitStack() as open_readings:
                readings = [open_readings.enter_context(Reading(each)) for each in self._to_read()]
                while loop.time() < heartbeat_s + HEARTBEAT_S:
                    left_s = max(0.0, heartbeat_s + HEARTBEAT_S - loop.time())
                    if self._hub is not None:
                        await self._hub.wait(left_s)
                    else:
                        await _first(readings, left_s)
                    self._look()
            heartbeat_s = loop.time()
            place = wire.Place(self._session, self._log.sequence)
            self._send([wire.HEARTBEAT, place.encoded()])

    async def close(self) -> None:
        """Let go of sockets and of the replay log."""
        if self._gatekeeper is not None:
            self._gatekeeper.close()
        if self._hub is not None:
            self._hub.close()
            self._hub = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._context is not None:
            self._context.term()
            self._context = None
        self._log.close()

    async def _bind(self) -> None:
        """Bind a new socket in the place of the one there was."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        assert self._context is not None, "start was called"
        found = new_socket(self._context, zmq.XPUB)
        if self._gatekeeper is not None:
            self._gatekeeper.guard(found)
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + BIND_DEADLINE_S
        while True:
            try:
                found.bind(self.endpoint)
                break
            except zmq.ZMQError as error:
                # Closed sockets give their port back a moment later.
                if error.errno != errno.EADDRINUSE or loop.time() > deadline_s:
                    found.close()
                    raise self._unusable(error) from None
            await asyncio.sleep(0.02)
        self._socket = found
        self.endpoint = found.getsockopt_string(zmq.LAST_ENDPOINT)

    def _bind_file(self) -> None:
        hub = FileHub(path_of(self._endpoint))
        try:
            hub.bind()
        except OSError as error:
            hub.close()
            raise self._unusable(error) from None
        self._hub = hub

    def _unusable(self, error: zmq.ZMQError | OSError) -> OutsideError:
        return OutsideError(
            f"the bus cannot be published at {self._endpoint}: {error.strerror}; set "
            "BUS_MARKET_DATA to another place",
            fault="ours",
            retry=False,
        )

    def _to_read(self) -> list[zmq.Socket[bytes]]:
        gates = [] if self._gatekeeper is None else self._gatekeeper.sockets
        return [*gates] if self._socket is None else [self._socket, *gates]

    def _send(self, frames: list[bytes]) -> None:
        """Send to whoever has room; one that has none finds the gap and asks."""
        if self._hub is not None:
            self._hub.send(frames)
        elif self._socket is not None:
            self._socket.send_multipart(frames, zmq.NOBLOCK)

    def _received(self) -> list[bytes] | None:
        if self._hub is not None:
            return self._hub.received()
        assert self._socket is not None
        return received(self._socket)

    def _look(self) -> None:
        if self._gatekeeper is not None:
            self._gatekeeper.look()
        for _ in range(REQUESTS_PER_LOOK_MAX):
            frames = self._received()
            if frames is None:
                return
            try:
                self._answer(frames)
            except BadMessage as error:
                self.damaged_count += 1
                LOG.warning("bus_request_refused reason=%r", str(error))

    def _answer(self, frames: list[bytes]) -> None:
        if frames[0][:1] != wire.REQUEST:
            return  # that somebody subscribed, or did so no more
        if len(frames) != 3 or len(frames[1]) != NONCE_BYTES:
            raise BadMessage(f"a request has a nonce and a body, not {len(frames)} frames")
        topic = wire.ANSWER + frames[1]
        request = wire.request_of(frames[2])
        if isinstance(request, wire.Hello):
            place = wire.Place(self._session, self._log.sequence)
            self._send([topic, wire.INSTRUMENTS, place.encoded(), self._instruments])
        elif request.session == self._session:
            self._replay(topic, request)

    def _replay(self, topic: bytes, request: wire.Replay) -> None:
        if request.first < self._log.first:
            place = wire.Place(self._session, self._log.first)
            self._send([topic, wire.GONE, place.encoded()])
        sent_bytes, sequence = 0, max(request.first, self._log.first)
        last = min(request.last, sequence + REPLAY_BATCHES_MAX - 1, self._log.sequence)
        while sequence <= last and sent_bytes < REPLAY_BYTES_MAX:
            try:
                columns = self._log.read(sequence, sequence)[0]
            except JournalDamaged as error:
                LOG.error("bus_replay_damaged reason=%r", str(error))
                self._send([topic, wire.GONE, wire.Place(self._session, sequence + 1).encoded()])
                break
            frames = wire.row_frames(wire.Place(self._session, sequence), columns, self._layouts)
            self._send([topic, wire.ROWS, *frames])
            self.replayed_count += 1
            sent_bytes += len(frames[-1])
            sequence += 1
        self._send([topic, wire.END, wire.Place(self._session, sequence - 1).encoded()])


async def _first(readings: list[Reading], timeout_s: float) -> None:
    """Return once one of them may have something, or after the time."""
    if len(readings) == 1:
        await readings[0].wait(timeout_s)
        return
    waiting = [asyncio.create_task(each.wait(timeout_s)) for each in readings]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
