"""The client of control.sock: one question, one answer, within a deadline."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tradewind.model.errors import OutsideError, TradewindError
from tradewind.runtime.control_messages import (
    ANSWER_BYTES_MAX,
    SOCKET_NAME,
    Request,
    decode_answer,
    encode_line,
)

DEADLINE_S = 5.0
SOCKET_PATH_BYTES_MAX = 107
"""What Linux takes as the address of a Unix socket."""
_CHUNK_BYTES = 1 << 16


class EngineUnreachable(OutsideError):
    """No engine answers in a home."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fault="ours", retry=True)


class EngineRefused(TradewindError):
    """The engine's own sentence for why it did not do what was asked."""


def ask(home: Path, request: Request, *, deadline_s: float = DEADLINE_S) -> Any:
    """Return the engine's answer to one request.

    Raises `EngineUnreachable` where none answers within the deadline and `EngineRefused` with the
    engine's sentence.
    """
    try:
        line = _exchange(home, encode_line(request), deadline_s)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        raise EngineUnreachable(
            f"no engine runs in {home}: start one with `tradewind run`"
        ) from None
    except TimeoutError:
        raise EngineUnreachable(
            f"the engine in {home} did not answer in {deadline_s:g} s: look at its log"
        ) from None
    except OSError as error:
        raise EngineUnreachable(
            f"the engine in {home} cannot be reached: {error.strerror or error}"
        ) from None
    try:
        answer = decode_answer(line)
    except ValueError as error:
        raise EngineUnreachable(f"the engine in {home} was not understood: {error}") from None
    if not answer.ok:
        raise EngineRefused(answer.error)
    return answer.answer


@contextmanager
def socket_address(home: Path) -> Iterator[str]:
    """Give the address of a home's socket, also where the path is too long for one."""
    path = home / SOCKET_NAME
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(home, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET_NAME}"
    finally:
        os.close(folder)


def _exchange(home: Path, line: bytes, deadline_s: float) -> bytes:
    ends_at = time.monotonic() + deadline_s
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(deadline_s)
        with socket_address(home) as address:
            connection.connect(address)
        connection.sendall(line)
        return _read_line(connection, ends_at)


def _read_line(connection: socket.socket, ends_at: float) -> bytes:
    answer = bytearray()
    while not answer.endswith(b"\n"):
        if len(answer) > ANSWER_BYTES_MAX:
            raise OSError(f"it answered more than {ANSWER_BYTES_MAX} bytes")
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(left_s)
        chunk = connection.recv(_CHUNK_BYTES)
        if not chunk:
            raise ConnectionResetError("it closed the connection without an answer")
        answer += chunk
    return bytes(answer)
