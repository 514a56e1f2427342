"""Clients that ask a real gateway again and again, and what became of each request."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 60.0


def ask(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """One request on a connection of its own: its status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path, headers={"Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def wait_for_answer(port: int, path: str = "/health") -> None:
    """Wait until the port answers at all."""
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            ask(port, path)
            return
        except OSError:
            assert time.monotonic() < ends_at, "no server answered"
            time.sleep(0.1)


class Load:
    """Asks from several threads until it is stopped; counts answers and failures.

    `repeats` is how often a request is sent again whose connection was reset before any answer,
    as clients and proxies do with what is safe to repeat (RFC 9110, 9.2.2).
    """

    def __init__(self, port: int, path: str, *, keeps_connections: bool, repeats: int = 0) -> None:
        self.outcomes: Counter[str] = Counter()
        self._port = port
        self._path = path
        self._keeps = keeps_connections
        self._repeats = repeats
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def _ask(self) -> None:
        connection: http.client.HTTPConnection | None = None
        left = self._repeats
        while not self._ends.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(
                        "127.0.0.1", self._port, timeout=PATIENCE_S
                    )
                connection.request("GET", self._path)
                answer = connection.getresponse()
                answer.read()
                self.outcomes[str(answer.status)] += 1
                left = self._repeats
                if answer.will_close or not self._keeps:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                connection = None
                if left and isinstance(error, ConnectionResetError):
                    left -= 1
                    continue
                self.outcomes[type(error).__name__] += 1
            time.sleep(0.002)
        if connection is not None:
            connection.close()


@contextmanager
def under_load(
    port: int, path: str = "/ready", *, keeps_connections: bool, repeats: int = 0
) -> Iterator[Load]:
    load = Load(port, path, keeps_connections=keeps_connections, repeats=repeats)
    for thread in load._threads:
        thread.start()
    try:
        yield load
    finally:
        load._ends.set()
        for thread in load._threads:
            thread.join()
