"""The door: an address that is over its limit is refused before a request is made of its bytes.

What it says is what the guard said to the same address a moment ago, and only for as long as
nobody could grant it more; so a flood costs little, and what is accepted need not wait behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tradewind.gateway.metrics import HttpMetrics
from tradewind.gateway.problems import MEDIA_TYPE, problem
from tradewind.gateway.rate_limits import Allowance, RateLimit

TOO_MANY = 429
TOO_MANY_SENTENCE = "too many requests: wait as Retry-After says"
FULL = 503
FULL_SENTENCE = "this worker has as many connections as it can hold: try again"
FULL_RETRY_S = 1

Raw = Sequence[tuple[bytes, bytes]]


class Door:
    """Knows whom to refuse, and the whole answer, but for what its server adds."""

    def __init__(
        self,
        addresses: RateLimit,
        metrics: HttpMetrics,
        now_ns: Callable[[], int],
        *,
        protecting: Raw,
        is_open: Callable[[], bool],
    ) -> None:
        self._addresses = addresses
        self._metrics = metrics
        self._now_ns = now_ns
        self._is_open = is_open
        self._too_many = bytes(problem(TOO_MANY, TOO_MANY_SENTENCE).body)
        self._protecting = [*protecting, (b"content-type", MEDIA_TYPE.encode())]
        self._said: tuple[Allowance | None, bytes] = (None, b"")

    def refusal(self, address: str) -> bytes:
        """Headers and body of what a refused address is told; empty where it may come in."""
        if self._is_open():
            return b""
        allowance = self._addresses.refused(address, self._now_ns())
        if allowance is None:
            return b""
        if self._said[0] is not allowance:
            own = [
                (name.lower().encode(), value.encode())
                for name, value in allowance.headers().items()
            ]
            self._said = allowance, rest_of_answer([*own, *self._protecting], self._too_many)
        return self._said[1]

    def full(self) -> bytes:
        """Headers and body of what is told where there is no place for one more."""
        own = [(b"retry-after", b"%d" % FULL_RETRY_S), (b"connection", b"close")]
        return rest_of_answer([*own, *self._protecting], bytes(problem(FULL, FULL_SENTENCE).body))

    def note(self, address: str, method: str, path: str, *, status: int, since_s: float) -> None:
        """Count an answer that was given here, by a reading of `time.perf_counter` before it."""
        seconds = time.perf_counter() - since_s
        self._metrics.note(address, method, path, status=status, duration_s=seconds)


def rest_of_answer(headers: Raw, body: bytes) -> bytes:
    r"""The rest of an answer behind its status line and the server's own headers.

    >>> rest_of_answer([(b"a", b"1")], b"no")
    b'a: 1\r\ncontent-length: 2\r\n\r\nno'
    """
    lines = b"".join(b"%b: %b\r\n" % each for each in headers)
    return b"%bcontent-length: %d\r\n\r\n%b" % (lines, len(body), body)
