"""`tradewind halt` where the engine hangs: the HALT file is left while its answer is waited for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tradewind.cli.commands import halt
from tradewind.cli.main import main
from tradewind.runtime.control_client import socket_address
from tradewind.runtime.control_messages import Answer, encode_line
from tradewind.runtime.halt_file import HALT_NAME

PATIENCE_S = 4.0
"""Less than whoever asks waits."""


@contextmanager
def engine(home: Path, is_awake: Callable[[], bool]) -> Iterator[None]:
    """An engine that takes one request and answers it once it is awake."""
    with socket.socket(socket.AF_UNIX) as door:
        with socket_address(home) as address:
            door.bind(address)
        door.listen()
        thread = threading.Thread(target=_answer, args=(door, is_awake))
        thread.start()
        try:
            yield
        finally:
            thread.join()


def _answer(door: socket.socket, is_awake: Callable[[], bool]) -> None:
    conversation, _ = door.accept()
    with conversation:
        conversation.recv(1 << 16)
        ends_s = time.monotonic() + PATIENCE_S
        while not is_awake() and time.monotonic() < ends_s:
            time.sleep(0.01)
        conversation.sendall(encode_line(Answer(ok=True, answer={"sequence": 1})))


def test_an_engine_that_hangs_is_halted_by_the_file_before_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(halt, "FILE_AFTER_S", 0.1)
    seen: list[bool] = []

    def is_left() -> bool:
        seen.append((tmp_path / HALT_NAME).exists())
        return seen[-1]

    with engine(tmp_path, is_left):
        assert main(["halt", "--reason", "odd fills", "--home", str(tmp_path)]) == 0
    assert seen[-1], "no file was left while the engine hung"
    assert (tmp_path / HALT_NAME).read_text() == "odd fills\n"
    assert "is there as well" in capsys.readouterr().err


def test_a_halt_of_a_part_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halt, "FILE_AFTER_S", 0.0)
    begun_s = time.monotonic()
    with engine(tmp_path, lambda: time.monotonic() > begun_s + 0.2):
        assert main(["halt", "--scope", "venue:SIM", "--home", str(tmp_path)]) == 0
    assert not (tmp_path / HALT_NAME).exists()
