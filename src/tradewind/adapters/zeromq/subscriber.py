"""The subscriber: rows in order, what is missing asked for, silence noticed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable
from typing import NamedTuple

import zmq
from zmq.utils.monitor import parse_monitor_message

from tradewind.adapters.zeromq import wire
from tradewind.adapters.zeromq.file_pipes import FilePipe, PipeReading
from tradewind.adapters.zeromq.keys import KeyPair
from tradewind.adapters.zeromq.publisher import NONCE_BYTES
from tradewind.adapters.zeromq.sockets import (
    KeptFailure,
    Reading,
    checked_endpoint,
    is_on_this_host,
    new_socket,
    path_of,
    received,
)
from tradewind.model.columns import Columns
from tradewind.model.errors import BadMessage, UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.bus import TakeMissed
from tradewind.ports.market_data import TakeRows
from tradewind.runtime.in_order import InOrder

SILENCE_S = 1.0
"""A publisher that sent no heartbeat for so long is complained of."""
HEARTBEATS_MISSED_S = 0.25
"""A publisher of this machine that is silent for so long may have lost its place to another."""
LOOK_S = 0.02
"""How often what is missing is looked at where nothing comes."""
ASK_AGAIN_S = 0.5
HELLO_S = 0.1
KNOCK_AGAIN_S = 1.0
"""How often a key that was refused is tried again."""
BURST_MAX = 500
"""Messages taken before other tasks have a turn."""
LOOK_BURST_MAX = 20
"""Of them, those taken in the call of the event loop that finds the first."""
ASKED_MAX = 20
"""Questions without an answer, while heartbeats come, until a gap is given up."""

_HANDSHAKES = int(
    zmq.Event.HANDSHAKE_SUCCEEDED
    | zmq.Event.HANDSHAKE_FAILED_AUTH
    | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
    | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
)

LOG = logging.getLogger("tradewind.bus")


class Access(NamedTuple):
    """What opens an endpoint with CURVE: our own pair and the publisher's public key."""

    pair: KeyPair
    publisher: str


class ZeroMqSubscriber:
    """Reads what one publisher publishes; `access` is needed wherever that is not a file."""

    def __init__(self, endpoint: str, access: Access | None = None) -> None:
        self._endpoint = checked_endpoint(endpoint)
        if access is None and not is_on_this_host(endpoint):
            raise UserError(f"{endpoint} is reached over a network: it needs keys")
        self.damaged_count = 0
        self.replayed_count = 0
        self._access = None if is_on_this_host(endpoint) else access
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._pipe: FilePipe | None = None
        self._failure = KeptFailure()
        self._monitor: zmq.Socket[bytes] | None = None
        self._layouts = wire.Layouts()
        self._nonce = new_nonce()
        self._instruments: list[Instrument] = []
        self._begins = wire.Place(0, 0)
        self._order: InOrder[Columns] | None = None
        self._heard_s = 0.0
        self._asked_s = 0.0
        self._asked_for = self._asked_times = 0
        self._refusal = ""
        self._knock_s = 0.0
        self._complaint = ""

    @property
    def instruments(self) -> list[Instrument]:
        """What the publisher delivers."""
        return self._instruments

    @property
    def complaint(self) -> str:
        """What is wrong with the connection."""
        return self._complaint

    @property
    def position(self) -> wire.Place:
        """The session and number of the batch that was delivered last."""
        if self._order is None:
            return self._begins
        return wire.Place(self._order.session, self._order.position)

    @property
    def gap_count(self) -> int:
        """How often batches were missing."""
        return 0 if self._order is None else self._order.gap_count

    @property
    def missed_count(self) -> int:
        """Batches that could not be had any more."""
        return 0 if self._order is None else self._order.missed_count

    async def start(self) -> None:
        """Connect, and ask until the publisher answers."""
        if self._socket is None and self._pipe is None:
            self._connect()
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        with self._reading() as reading:
            while not self._begins.session:
                self._request(wire.Hello())
                await reading.wait(HELLO_S)
                while not self._begins.session and (frames := self._received()) is not None:
                    self._greet(frames)
                self._notice_silence(loop.time(), begun_s)
        self._heard_s = loop.time()
        self._say("")

    async def run(self, take: TakeRows, missed: TakeMissed) -> None:
        """Deliver until cancelled; raises what `take` raises."""
        if not self._begins.session:
            await self.start()
        self._order = InOrder(take, missed)
        self._order.begin(*self._begins)
        loop = asyncio.get_running_loop()
        with self._reading(self._look) as reading:
            while True:
                await reading.wait(LOOK_S)
                self._failure.raise_again()
                if self._take_burst(loop.time()):
                    await asyncio.sleep(0)
                self._ask_for_missing(loop.time())
                self._notice_silence(loop.time(), self._heard_s)

    def follow(self, pipe: FilePipe, begins: wire.Place, take: TakeRows) -> Callable[[], None]:
        """In place of `run`: what takes all that came out of a pipe, whenever it is called."""
        self._pipe = pipe
        self._order = InOrder(take, lambda _: None)
        self._order.begin(*begins)
        return self._take_all

    def _take_all(self) -> None:
        with self._failure:
            while self._take_burst(time.monotonic()):
                pass

    def raise_failure(self) -> None:
        """Raise what `take` has, where something was taken by a call of the event loop."""
        self._failure.raise_again()

    def _look(self) -> bool:
        """Something can be read: a few messages are taken at once, `run` takes what is more.

        It is woken for that, for a gap to ask about and for what went wrong, and else not.
        """
        assert self._order is not None
        with self._failure:
            if not self._take_burst(time.monotonic(), LOOK_BURST_MAX):
                return self._order.missing() is not None
        return True

    def _reading(self, look: Callable[[], bool] = lambda: True) -> Reading | PipeReading:
        if self._pipe is not None:
            return PipeReading(self._pipe, look)
        assert self._socket is not None
        return Reading(self._socket, look)

    def _received(self) -> list[bytes] | None:
        if self._pipe is not None:
            return self._pipe.received()
        assert self._socket is not None
        return received(self._socket)

    async def close(self) -> None:
        """Let go of sockets."""
        for each in (self._monitor, self._socket, self._pipe):
            if each is not None:
                each.close()
        self._monitor = self._socket = self._pipe = None
        if self._context is not None:
            self._context.term()
            self._context = None

    def _connect(self) -> None:
        if is_on_this_host(self._endpoint):
            self._pipe = FilePipe(path_of(self._endpoint))
            return
        self._context = zmq.Context()
        found = self._socket = new_socket(self._context, zmq.XSUB)
        if self._access is not None:
            found.setsockopt_string(zmq.CURVE_SERVERKEY, self._access.publisher)
            found.setsockopt_string(zmq.CURVE_PUBLICKEY, self._access.pair.public)
            found.setsockopt_string(zmq.CURVE_SECRETKEY, self._access.pair.secret.reveal())
            self._monitor = found.get_monitor_socket(_HANDSHAKES)
        found.connect(self._endpoint)
        for topic in (wire.ROWS, wire.HEARTBEAT, wire.ANSWER + self._nonce):
            found.send(b"\x01" + topic)

    def _request(self, request: wire.Replay | wire.Hello) -> None:
        """Ask; a question that cannot be sent now is asked again later."""
        frames = [wire.REQUEST, self._nonce, wire.encoded_request(request)]
        if self._pipe is not None:
            self._pipe.send(frames)
            return
        assert self._socket is not None
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            return

    def _greet(self, frames: list[bytes]) -> None:
        """Take the answer to our hello; rows that come before it are behind where we begin."""
        if frames[0][:1] != wire.ANSWER or len(frames) != 4 or frames[1] != wire.INSTRUMENTS:
            return
        try:
            self._instruments = wire.instruments_of(frames[3])
            self._begins = wire.place_of(frames[2])
        except BadMessage as error:
            self._damaged(error)

    def _take_burst(self, now_s: float, most: int = BURST_MAX) -> bool:
        """Take what came; True where there may be more."""
        for _ in range(most):
            try:
                frames = self._received()
                if frames is None:
                    return False
                self._heard_s = now_s
                self._accept(frames)
            except BadMessage as error:
                self._damaged(error)
        return True

    def _accept(self, frames: list[bytes]) -> None:
        assert self._order is not None
        kind, rest = frames[0], frames[1:]
        is_answer = kind[:1] == wire.ANSWER
        if is_answer and rest:
            kind, rest = rest[0], rest[1:]
        if not rest:
            raise BadMessage("a message without a place")
        place = wire.place_of(rest[0])
        if kind == wire.ROWS:
            self._order.take(*place, wire.rows_of(rest[1:], self._layouts))
            self.replayed_count += is_answer
        elif kind == wire.HEARTBEAT:
            self._order.heard(*place)
        elif kind == wire.GONE and place.session == self._order.session:
            self._order.give_up(place.sequence - 1, "the publisher has it no more")
        elif kind == wire.END and self._has_progressed():
            self._asked_s = 0.0  # else the rows were lost as well: there was no room, so wait

    def _has_progressed(self) -> bool:
        """Whether the first of what was asked for has come."""
        assert self._order is not None
        missing = self._order.missing()
        return missing is None or missing[0] != self._asked_for

    def _ask_for_missing(self, now_s: float) -> None:
        """Ask for what is missing, again once that was answered or the answer is overdue."""
        assert self._order is not None
        missing = self._order.missing()
        if missing is None or now_s - self._asked_s < ASK_AGAIN_S:
            return
        if now_s - self._heard_s > SILENCE_S:
            return  # nobody there: it is asked once somebody is
        if missing[0] != self._asked_for:
            self._asked_for, self._asked_times = missing[0], 0
        if self._asked_times >= ASKED_MAX:
            self._order.give_up(missing[1], f"asked {ASKED_MAX} times without an answer")
            return
        self._asked_times += 1
        self._asked_s = now_s
        self._request(wire.Replay(self._order.session, *missing))

    def _notice_silence(self, now_s: float, since_s: float) -> None:
        """Say once that the publisher is not heard, or refuses us, and once that it is again.

        One that is silent may be frozen, and another have its place.
        """
        self._notice_handshakes(now_s)
        if now_s - since_s > HEARTBEATS_MISSED_S and self._pipe is not None:
            self._pipe.go_over()
        if now_s - since_s <= SILENCE_S:
            self._say("")
            return
        silent = f"nothing is heard of the bus at {self._endpoint}: is its publisher running?"
        self._say(self._refusal or silent)

    def _notice_handshakes(self, now_s: float) -> None:
        """See whether we are let in; ZeroMQ gives up where we are not, so we knock again."""
        while self._monitor is not None and (frames := received(self._monitor)) is not None:
            event = parse_monitor_message(frames)["event"]
            self._refusal = "" if event == zmq.Event.HANDSHAKE_SUCCEEDED else self._refused()
            self._knock_s = now_s + KNOCK_AGAIN_S if self._refusal else 0.0
        if self._refusal and now_s >= self._knock_s:
            assert self._socket is not None
            self._knock_s = now_s + KNOCK_AGAIN_S
            with contextlib.suppress(zmq.ZMQError):  # where ZeroMQ has let go of it already
                self._socket.disconnect(self._endpoint)
            self._socket.connect(self._endpoint)

    def _refused(self) -> str:
        assert self._access is not None
        return (
            f"the bus at {self._endpoint} refuses our key: run `tradewind keys allow NAME "
            f"'{self._access.pair.public}'` where it is published, and compare "
            "BUS_MARKET_DATA_KEY with `tradewind keys show` there"
        )

    def _say(self, complaint: str) -> None:
        if complaint == self._complaint:
            return
        self._complaint = complaint
        if complaint:
            LOG.warning("bus_silent reason=%r", complaint)
        else:
            LOG.info("bus_heard endpoint=%s", self._endpoint)

    def _damaged(self, error: BadMessage) -> None:
        self.damaged_count += 1
        LOG.error("bus_message_refused reason=%r", str(error))


def new_nonce() -> bytes:
    """Bytes that nobody else has; XSUB takes a frame that begins with 0 or 1 for a subscription.

    >>> len(new_nonce()) == NONCE_BYTES, new_nonce()[:1]
    (True, b'n')
    """
    return b"n" + secrets.token_bytes(NONCE_BYTES - 1)
