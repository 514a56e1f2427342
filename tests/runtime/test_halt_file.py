"""The HALT file halts when it appears, once for each file, and never goes unnoticed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.memory_engine import MemoryEngine
from tradewind.model.errors import OutsideError
from tradewind.model.messages import Halted
from tradewind.runtime.halt_file import (
    HALT_NAME,
    REASON_BYTES_MAX,
    remove_halt_file,
    watch_halt_file,
    write_halt_file,
)

LOOKS_S = 0.05


def watched(home: Path, engine: MemoryEngine, *acts: Callable[[], object]) -> list[str]:
    """Watch, doing one act after another, and return the reasons of the halts."""

    async def watch() -> None:
        watching = asyncio.create_task(watch_halt_file(home, engine.submit, poll_interval_s=0.001))
        for act in (lambda: None, *acts):
            act()
            await asyncio.sleep(LOOKS_S)
        watching.cancel()

    asyncio.run(watch())
    return [event.reason for event in engine.events if isinstance(event, Halted)]


def test_a_file_that_appears_halts_everything_once(tmp_path: Path) -> None:
    engine = MemoryEngine()
    reasons = watched(tmp_path, engine, lambda: write_halt_file(tmp_path, "odd fills"))
    assert reasons == ["odd fills"]
    assert engine.events == [Halted(0, "all", "odd fills", "HALT file")]


def test_a_file_that_is_there_at_the_start_halts(tmp_path: Path) -> None:
    (tmp_path / HALT_NAME).touch()
    assert watched(tmp_path, MemoryEngine()) == ["HALT file"]


def test_a_file_that_is_taken_away_and_comes_again_halts_again(tmp_path: Path) -> None:
    def replace() -> None:
        # Within one look: the watcher never sees the folder without the file.
        remove_halt_file(tmp_path)
        write_halt_file(tmp_path, "second")

    write_halt_file(tmp_path, "first")
    assert watched(tmp_path, MemoryEngine(), replace) == ["first", "second"]


def test_a_halt_that_is_not_durable_is_tried_again_until_it_is(tmp_path: Path) -> None:
    engine = MemoryEngine()
    engine.disk_is_full = True
    write_halt_file(tmp_path, "odd fills")
    reasons = watched(tmp_path, engine, lambda: setattr(engine, "disk_is_full", False))
    assert reasons == ["odd fills"]


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("nowhere"), Path.mkdir])
def test_whatever_has_the_name_halts(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / HALT_NAME)
    (reason,) = watched(tmp_path, MemoryEngine())
    assert reason.startswith("HALT file (")


def test_a_home_that_does_not_exist_is_no_halt(tmp_path: Path) -> None:
    assert watched(tmp_path / "none", MemoryEngine()) == []


def test_a_home_that_cannot_be_looked_into_halts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.symlink_to(home)
    assert watched(home, MemoryEngine()) == ["HALT file (Too many levels of symbolic links)"]


@pytest.mark.parametrize(("length", "kept"), [(REASON_BYTES_MAX, 200), (REASON_BYTES_MAX + 1, 200)])
def test_a_reason_is_cut_at_its_limit(tmp_path: Path, length: int, kept: int) -> None:
    write_halt_file(tmp_path, "x" * length)
    (reason,) = watched(tmp_path, MemoryEngine())
    assert len(reason) == kept


def test_a_file_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / HALT_NAME).mkdir()
    with pytest.raises(OutsideError, match=r"cannot be removed: .*; remove it, then resume"):
        remove_halt_file(tmp_path)


def test_writing_it_makes_the_home(tmp_path: Path) -> None:
    assert write_halt_file(tmp_path / "home", "why").read_text() == "why\n"
