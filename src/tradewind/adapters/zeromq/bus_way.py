"""The bus's way within one process: rows into bytes, through a socket, out of them again.

For rehearsals: rows of our own go the way that rows of another process come.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tradewind.adapters.zeromq import wire
from tradewind.adapters.zeromq.file_frames import encoded
from tradewind.adapters.zeromq.file_pipes import FilePipe
from tradewind.adapters.zeromq.subscriber import ZeroMqSubscriber
from tradewind.model.columns import Columns
from tradewind.model.errors import Inconsistent
from tradewind.ports.market_data import TakeRows

SESSION = 1


@contextmanager
def through_a_socket(take: TakeRows) -> Iterator[TakeRows]:
    """What is put in is taken in the turn of the event loop that finds it at the other end.

    What `take` raises, the next put does.
    """
    near, far = socket.socketpair()
    near.settimeout(0)
    far.settimeout(0)
    subscriber, layouts, sequence = ZeroMqSubscriber("ipc://rehearsal"), wire.Layouts(), 0
    take_all = subscriber.follow(FilePipe.of(far), wire.Place(SESSION, 0), take)
    loop = asyncio.get_running_loop()
    loop.add_reader(far, take_all)

    def put(columns: Columns) -> None:
        nonlocal sequence
        subscriber.raise_failure()
        place = wire.Place(SESSION, sequence + 1)
        data = encoded([wire.ROWS, *wire.row_frames(place, columns, layouts)])
        try:
            sent = near.send(data)
        except BlockingIOError:
            return  # nobody has read for long: these rows are not put in
        if sent != len(data):
            raise Inconsistent(f"{sent} bytes of {len(data)} went into a socket of our own")
        sequence += 1

    try:
        yield put
    finally:
        loop.remove_reader(far)
        far.close()
        near.close()
