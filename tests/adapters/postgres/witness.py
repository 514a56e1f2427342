"""One who writes at one server alone, whatever becomes of it, and keeps what it acknowledged."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from tradewind.adapters.sql.bounded import BoundedConnection, address, connect

CALL_S = 2.0
PAUSE_S = 0.05


class Witness:
    """Inserts one number after another; none is tried twice, so that each may be there once."""

    def __init__(self, url: str) -> None:
        self.acknowledged: dict[int, float] = {}
        """When each was."""
        self._address = address(url)
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._write, name="witness")
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping.set()
        self._thread.join()

    def lost(self, url: str) -> set[int]:
        """What was acknowledged and is not there."""
        with psycopg.connect(address(url)) as hand:
            rows = [number for (number,) in hand.execute("SELECT number FROM witnessed")]
        return set(self.acknowledged) - set(rows)

    def _write(self) -> None:
        connection: BoundedConnection | None = None
        for number in itertools.count(time.monotonic_ns()):
            if self._is_stopping.wait(PAUSE_S):
                break
            try:
                if connection is None or connection.closed:
                    connection = connect(
                        self._address, application="witness", call_s=CALL_S, target="any",
                        isolation="autocommit",
                    )  # fmt: skip
                connection.execute("INSERT INTO witnessed VALUES (%s)", (number,))
            except psycopg.Error:
                continue
            self.acknowledged[number] = time.monotonic()
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


def make_witness_table(url: str) -> None:
    """The table that `Witness` writes into."""
    with psycopg.connect(address(url), autocommit=True) as hand:
        hand.execute("CREATE TABLE witnessed (number bigint)")


@contextmanager
def witness_at(url: str) -> Iterator[Witness]:
    witness = Witness(url)
    try:
        yield witness
    finally:
        witness.stop()
