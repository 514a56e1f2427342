"""The gatekeeper: who may connect to a socket with CURVE, and a sentence about who may not.

It answers ZAP, the protocol by which ZeroMQ asks about a peer's key during the handshake
(https://rfc.zeromq.org/spec/27), and listens to the socket's monitor for handshakes that did not
even come to that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import zmq
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

from tradewind.adapters.zeromq.keys import BusKeys, KeyPair
from tradewind.adapters.zeromq.sockets import received
from tradewind.model.errors import UserError

ZAP_PLACE = "inproc://zeromq.zap.01"
ZAP_VERSION = b"1.0"
SAY_AGAIN_S = 60.0
"""A peer that keeps trying is spoken of once in this time."""
SAID_MAX = 1_000
"""Peers remembered as spoken of; beyond it all are forgotten."""
_FAILED = {
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL,
    zmq.Event.HANDSHAKE_FAILED_PROTOCOL,
}

LOG = logging.getLogger("tradewind.bus")


class Gatekeeper:
    """Lets the keys of an allow-list in; the list is read again for every handshake."""

    def __init__(self, keys: BusKeys, now_s: Callable[[], float]) -> None:
        self.pair: KeyPair = keys.pair()
        self.refused_count = 0
        self._keys = keys
        self._now_s = now_s
        self._let_in: set[str] = set()
        self._said: dict[str, float] = {}
        self._zap: zmq.Socket[bytes] | None = None
        self._monitor: zmq.Socket[bytes] | None = None

    def start(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        """Be asked about all sockets of a context."""
        self._zap = context.socket(zmq.REP)
        self._zap.setsockopt(zmq.LINGER, 0)
        self._zap.bind(ZAP_PLACE)

    def guard(self, socket: zmq.Socket[bytes]) -> None:
        """Give a socket our key, and hear of its handshakes; before it is bound."""
        self.stop_listening()
        self._let_in.clear()
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt_string(zmq.CURVE_SECRETKEY, self.pair.secret.reveal())
        socket.setsockopt(zmq.ZAP_DOMAIN, b"tradewind")
        self._monitor = socket.get_monitor_socket(sum(_FAILED))

    @property
    def sockets(self) -> list[zmq.Socket[bytes]]:
        """What is to be read from when it wakes."""
        return [each for each in (self._zap, self._monitor) if each is not None]

    def look(self) -> None:
        """Answer who asks, say who failed."""
        while self._zap is not None and (frames := received(self._zap)) is not None:
            self._zap.send_multipart(self._answer(frames))
        while self._monitor is not None and (frames := received(self._monitor)) is not None:
            self.refused_count += 1
            place = parse_monitor_message(frames)["endpoint"].decode(errors="replace")
            self._say(
                f"a connection to the bus at {place} was refused: it has no key, or was not made "
                "for ours (`tradewind keys show`)"
            )

    def has_revoked(self) -> bool:
        """Whether a key that was let in is allowed no more."""
        return bool(self._let_in - self._allowed().keys())

    def stop_listening(self) -> None:
        """Let go of the monitor of a socket that is about to be closed."""
        if self._monitor is not None:
            self._monitor.close()
            self._monitor = None

    def close(self) -> None:
        """Let go of sockets."""
        self.stop_listening()
        if self._zap is not None:
            self._zap.close()
            self._zap = None

    def _answer(self, frames: list[bytes]) -> list[bytes]:
        """The verdict on one handshake."""
        if len(frames) < 7 or frames[0] != ZAP_VERSION or frames[5] != b"CURVE":
            return [ZAP_VERSION, frames[1] if len(frames) > 1 else b"", b"500", b"", b"", b""]
        address, key = frames[3].decode(errors="replace"), z85.encode(frames[6]).decode()
        name = self._allowed().get(key)
        if name is None:
            self.refused_count += 1
            self._say(
                f"the key {key} from {address} was refused: it is not allowed, "
                f"`tradewind keys allow NAME '{key}'` lets it in"
            )
            return [ZAP_VERSION, frames[1], b"400", b"not allowed", b"", b""]
        self._let_in.add(key)
        return [ZAP_VERSION, frames[1], b"200", b"", name.encode(), b""]

    def _allowed(self) -> dict[str, str]:
        """Names by public key; nobody's where the list cannot be read."""
        try:
            return {key: name for name, key in self._keys.allowed().items()}
        except UserError as error:
            self._say(str(error))
            return {}

    def _say(self, sentence: str) -> None:
        now_s = self._now_s()
        if now_s - self._said.get(sentence, -SAY_AGAIN_S) < SAY_AGAIN_S:
            return
        if len(self._said) >= SAID_MAX:
            self._said.clear()
        self._said[sentence] = now_s
        LOG.warning("bus_refused reason=%r", sentence)
