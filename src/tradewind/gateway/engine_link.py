"""The link to the engine: questions over control.sock without a thread each, reads remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tradewind.runtime.control_client import EngineRefused, EngineUnreachable, socket_address
from tradewind.runtime.control_messages import (
    ANSWER_BYTES_MAX,
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    HaltRequest,
    PlaceRequest,
    ReconcileRequest,
    Request,
    ResumeRequest,
    StartStrategyRequest,
    StopStrategyRequest,
    decode_answer,
    encode_line,
)

CONNECTIONS_MAX = 8
"""Questions under way at once; more wait their turn within the deadline."""
DEADLINE_S = 2.0
FRESH_NS = 100_000_000
"""A read younger than this answers again without asking the engine."""
ACTS = (
    PlaceRequest,
    CancelRequest,
    CancelAllRequest,
    AmendRequest,
    HaltRequest,
    ResumeRequest,
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    StartStrategyRequest,
    StopStrategyRequest,
    ReconcileRequest,
)
"""Requests that change something: never sent twice."""


class EngineAbsent(EngineUnreachable):
    """No engine is there, so nothing was asked and nothing done."""


class Reading(msgspec.Struct, frozen=True):
    """What the engine said, and when."""

    answer: Any
    time_ns: int


class _Connection:
    """One conversation; the engine closes it when it was silent for long."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_open(self) -> bool:
        return not self._reader.at_eof() and not self._writer.is_closing()

    async def exchange(self, line: bytes) -> bytes:
        self._writer.write(line)
        await self._writer.drain()
        return await self._reader.readuntil(b"\n")

    def close(self) -> None:
        self._writer.close()


class EngineLink:
    """Asks the engine of one home. Used on one event loop."""

    def __init__(self, home: Path, now_ns: Callable[[], int]) -> None:
        self._home = home
        self._now_ns = now_ns
        self._idle: list[_Connection] = []
        self._places = asyncio.Semaphore(CONNECTIONS_MAX)
        self._readings: dict[Request, Reading] = {}
        self._asked: dict[Request, asyncio.Task[Reading]] = {}

    async def read(self, request: Request, max_age_ns: int = FRESH_NS) -> Reading:
        """Return a reading at most so old; whoever asks meanwhile shares one question."""
        found = self._readings.get(request)
        age_ns = self._now_ns() - found.time_ns if found is not None else FRESH_NS
        if found is not None and age_ns < max_age_ns:
            if age_ns > FRESH_NS // 2:
                self._asking(request)  # So that nobody has to wait for the next one.
            return found
        return await asyncio.shield(self._asking(request))

    def _asking(self, request: Request) -> asyncio.Task[Reading]:
        """The question that is under way, begun where none is."""
        asked = self._asked.get(request)
        if asked is None:
            asked = asyncio.create_task(self._read(request))
            self._asked[request] = asked
            asked.add_done_callback(lambda task: self._forget(request, task))
        return asked

    async def ask(self, request: Request) -> Any:
        """Return the engine's answer.

        Raises `EngineRefused` with its sentence, `EngineUnreachable` where it does not answer;
        for what acts that sentence says that the outcome is open, where it is.
        """
        try:
            async with asyncio.timeout(DEADLINE_S):
                async with self._places:
                    line = await self._exchange(await self._connected(), request)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise EngineAbsent("no engine runs here: start one with `tradewind run`") from None
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise EngineUnreachable(self._sentence(request)) from error
        answer = decode_answer(line)
        if not answer.ok:
            raise EngineRefused(answer.error)
        return answer.answer

    async def close(self) -> None:
        """Close all connections."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def _read(self, request: Request) -> Reading:
        answer = await self.ask(request)
        reading = Reading(answer, self._now_ns())
        self._readings[request] = reading
        return reading

    def _forget(self, request: Request, task: asyncio.Task[Reading]) -> None:
        self._asked.pop(request, None)
        if not task.cancelled():
            task.exception()  # Heard by whoever awaited it; nobody else needs a warning.

    async def _connected(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            connection.close()
        with socket_address(self._home) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=ANSWER_BYTES_MAX)
        return _Connection(reader, writer)

    async def _exchange(self, connection: _Connection, request: Request) -> bytes:
        line = b""
        try:
            line = await connection.exchange(encode_line(request))
        finally:
            # Where the answer is still to come, the next question would be given it.
            if line:
                self._idle.append(connection)
            else:
                connection.close()
        return line

    def _sentence(self, request: Request) -> str:
        sentence = f"the engine did not answer in {DEADLINE_S:g} s"
        if isinstance(request, ACTS):
            return f"{sentence}: whether it did what was asked is open, look before asking again"
        return f"{sentence}: look at its log"
