"""A link between two servers that can be cut: what is sent waits, in one direction or both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

CHUNK_BYTES = 65_536
THERE, BACK = "there", "back"
WAYS = (THERE, BACK)


class Link:
    """Listens on a port of its own and passes on to a port behind it.

    Cut, it passes nothing on and ends nothing: as with a network that loses each packet, nobody
    is told. Healed, what waited goes on, as TCP would send it again.
    """

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._open: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._asked(self._listen())

    def cut(self, *ways: str) -> None:
        """Pass nothing on, in the ways named or in both."""
        self._asked(self._set(ways or WAYS, is_open=False))

    def heal(self) -> None:
        self._asked(self._set(WAYS, is_open=True))

    def stop(self) -> None:
        self._asked(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _asked(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._open = {way: asyncio.Event() for way in WAYS}
        await self._set(WAYS, is_open=True)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _set(self, ways: tuple[str, ...], *, is_open: bool) -> None:
        for way in ways:
            if is_open:
                self._open[way].set()
            else:
                self._open[way].clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served in a task"
        self._tasks.add(task)
        try:
            await self._open[THERE].wait()
            behind = await asyncio.open_connection("127.0.0.1", self._target_port)
            await asyncio.gather(
                self._passed(reader, behind[1], THERE), self._passed(behind[0], writer, BACK)
            )
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _passed(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str
    ) -> None:
        try:
            while chunk := await source.read(CHUNK_BYTES):
                await self._open[way].wait()
                sink.write(chunk)
                await sink.drain()
        finally:
            with suppress(OSError):
                sink.close()

    async def _end(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextmanager
def link_to(port: int) -> Iterator[Link]:
    link = Link(port)
    link.start()
    try:
        yield link
    finally:
        link.stop()
