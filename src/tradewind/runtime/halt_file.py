"""The HALT file: a file of that name in $TRADEWIND_HOME stops all trading, whoever put it there.

It works without socket, gateway or database. The halt it causes is journaled and stays after the
file is gone; `tradewind resume` lifts the halt and removes the file.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from tradewind.model.errors import OutsideError, TradewindError
from tradewind.model.messages import Halted

HALT_NAME = "HALT"
POLL_INTERVAL_S = 0.1
REASON_BYTES_MAX = 200

Identity = tuple[int, int]

LOG = logging.getLogger("tradewind.halt")


async def watch_halt_file(
    home: Path,
    submit: Callable[[Halted], Awaitable[int]],
    *,
    poll_interval_s: float = POLL_INTERVAL_S,
) -> None:
    """Submit `Halted` for all each time a HALT file appears; looks at once, then for ever.

    A submission that fails is repeated at the next look, until it is durable.
    """
    path = home / HALT_NAME
    seen: Identity | None = None
    failure = ""
    while True:
        there = _identity(path)
        if there is not None and there != seen:
            failure = await _submitted(submit, _reason(path), failure)
            there = None if failure else there
        seen = there
        await asyncio.sleep(poll_interval_s)


def write_halt_file(home: Path, reason: str) -> Path:
    """Make the file, or leave the one that is there; return its path."""
    path = home / HALT_NAME
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{reason}\n")
    except OSError as error:
        raise OutsideError(
            f"{path} cannot be written: {error.strerror}", fault="ours", retry=True
        ) from None
    return path


def is_halt_file_there(home: Path) -> bool:
    """Whether there is one, or may be one in a folder that cannot be looked into."""
    # as text: it is asked for each order and fifty times a second, and joining paths takes longer
    return _identity(f"{home}/{HALT_NAME}") is not None


def remove_halt_file(home: Path) -> None:
    """Remove the file if it is there."""
    path = home / HALT_NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutsideError(
            f"{path} cannot be removed: {error.strerror}; remove it, then resume",
            fault="ours",
            retry=True,
        ) from None


async def _submitted(
    submit: Callable[[Halted], Awaitable[int]], reason: str, last_failure: str
) -> str:
    """Return "" once the halt is durable, else why it is not, logged when it is news."""
    try:
        await submit(Halted(0, "all", reason, "HALT file"))
    except TradewindError as error:
        if str(error) != last_failure:
            LOG.error("halt_not_durable error=%r", str(error))
        return str(error)
    return ""


def _identity(path: Path | str) -> Identity | None:
    """Tell one HALT file from the next of the same name; None where there is none.

    A folder that cannot be looked into counts as a file: a kill switch fails to the safe side.
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return (-1, error.errno or 0)
    return (found.st_ino, found.st_ctime_ns)


def _reason(path: Path) -> str:
    """Return the file's first line, for the journal."""
    try:
        with path.open("rb") as file:
            line = file.read(REASON_BYTES_MAX).decode("utf-8", "replace").strip()
    except OSError as error:
        return f"HALT file ({error.strerror})"
    return line.partition("\n")[0] or "HALT file"
