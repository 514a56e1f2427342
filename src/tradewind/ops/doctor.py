"""The doctor's findings: what is right, worth knowing or wrong with an installation."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

from tradewind import compiled
from tradewind.gateway.process import missing_modules
from tradewind.model.errors import TradewindError
from tradewind.ops.machine import clock_error_us, fsync_ms
from tradewind.ports.journal import JournalReader
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import SOCKET_NAME, StatusRequest
from tradewind.runtime.halt_file import HALT_NAME

FREE_BYTES_MIN = 100 * 2**20
"""Below this a journal may not outlive the day."""
FREE_BYTES_GOOD = 2**30
OTHERS_MAY_MASK = 0o077
LOOPBACK = "127.0.0.1"
ENGINE_DEADLINE_S = 2.0
FSYNC_MS_GOOD = 20.0
"""Beyond it orders wait noticeably for the journal."""
CLOCK_ERROR_US_GOOD = 100_000
"""Beyond it venues refuse orders, and trading live stops."""

State = Literal["ok", "warning", "fault"]


class Finding(NamedTuple):
    """What was looked at, how it is, and one sentence about it that says what to do."""

    name: str
    state: State
    sentence: str


def examine(
    home: Path,
    port: int,
    setting_faults: Sequence[str],
    read_journal: Callable[[], JournalReader] | None,
) -> list[Finding]:
    """Look at everything once and change nothing.

    `home` need not exist yet; `port` is the gateway's; `setting_faults` is what is wrong with the
    settings, one sentence each; `read_journal` opens the journal where there is one.
    """
    engine = engine_finding(home)
    return [
        python_finding(sys.version_info[:2]),
        hot_modules_finding(compiled.stale_modules()),
        *settings_findings(setting_faults),
        home_finding(home),
        disk_finding(home, free_bytes(home)),
        fsync_finding(existing(home)),
        clock_finding(time.time()),
        journal_finding(read_journal),
        halt_finding(home),
        engine,
        gateway_finding(missing_modules()),
        port_finding(port, engine),
    ]


def python_finding(version: tuple[int, int]) -> Finding:
    """Say whether this Python is one of those tested.

    >>> python_finding((3, 15)).state
    'warning'
    """
    name = f"Python {version[0]}.{version[1]}"
    if version > (3, 14):
        return Finding("python", "warning", f"{name} is newer than the tested 3.11 to 3.14")
    return Finding("python", "ok", name)


def hot_modules_finding(stale: Sequence[str]) -> Finding:
    """Say whether the hot modules run as C, and as the C of their present source.

    >>> hot_modules_finding(["tradewind.core.book"]).state
    'fault'
    """
    name = "hot modules"
    if stale:
        return Finding(
            name, "fault", f"{', '.join(stale)} compiled from another source: run scripts/check"
        )
    if compiled.is_compiled():
        return Finding(name, "ok", f"{len(compiled.hot_modules())} compiled")
    return Finding(
        name,
        "warning",
        "run as plain Python, right but slower: install a C compiler and Python's headers, then "
        "install tradewind again",
    )


def settings_findings(faults: Sequence[str]) -> list[Finding]:
    """Return a finding for each fault of the settings."""
    if not faults:
        return [Finding("settings", "ok", "every setting can be used")]
    return [Finding("settings", "fault", fault) for fault in faults]


def home_finding(home: Path) -> Finding:
    """Say whether journal and history can be kept there, and by us alone."""
    if not home.exists():
        return Finding("home", "ok", f"{home} is made by the first `tradewind run`")
    if not home.is_dir():
        return Finding("home", "fault", f"{home} is no folder: move it or set TRADEWIND_HOME")
    mode = home.stat().st_mode
    if mode & OTHERS_MAY_MASK:
        return Finding("home", "warning", f"others may look into {home}: chmod 700 {home}")
    return Finding("home", "ok", str(home))


def disk_finding(home: Path, free: int) -> Finding:
    """Say whether the disk of the home has room; `free` is in bytes.

    >>> disk_finding(Path("/"), FREE_BYTES_MIN).state, disk_finding(Path("/"), 0).state
    ('warning', 'fault')
    """
    sentence = f"{free // 2**20} MB free for {home}"
    if free < FREE_BYTES_MIN:
        return Finding("disk", "fault", f"{sentence}: the journal stops when it is full")
    if free < FREE_BYTES_GOOD:
        return Finding("disk", "warning", f"{sentence}: market data history needs more")
    return Finding("disk", "ok", sentence)


def free_bytes(home: Path) -> int:
    """Return what is free where the home is or will be."""
    return shutil.disk_usage(existing(home)).free


def existing(home: Path) -> Path:
    """Return the home, or the nearest folder above that exists."""
    return next(folder for folder in (home, *home.absolute().parents) if folder.is_dir())


def fsync_finding(folder: Path) -> Finding:
    """Say how long a durable write takes: an order waits for one before it is sent."""
    try:
        took_ms = fsync_ms(folder)
    except OSError as error:
        sentence = f"{folder} cannot be written ({error.strerror}): set TRADEWIND_HOME to another"
        return Finding("fsync", "fault", sentence)
    sentence = f"a durable write takes {took_ms:.1f} ms"
    if took_ms > FSYNC_MS_GOOD:
        return Finding("fsync", "warning", f"{sentence}: every order waits so long")
    return Finding("fsync", "ok", sentence)


def clock_finding(now_s: float) -> Finding:
    """Say whether the clock can be believed; `now_s` is what it shows, in seconds since 1970.

    >>> clock_finding(0.0).state
    'fault'
    """
    if now_s < os.stat(__file__).st_mtime:
        return Finding("clock", "fault", "is before this installation was made: set it")
    try:
        error_us = clock_error_us()
    except OSError as error:
        return Finding("clock", "warning", f"cannot be asked ({error.strerror})")
    if error_us is None:
        return Finding("clock", "warning", "nothing keeps it right: start chrony or timesyncd")
    state: State = "ok" if error_us <= CLOCK_ERROR_US_GOOD else "warning"
    return Finding("clock", state, f"at most {error_us / 1000:.1f} ms off")


def journal_finding(read: Callable[[], JournalReader] | None) -> Finding:
    """Say whether the newest part of the journal can be read."""
    if read is None:
        return Finding("journal", "ok", "begins with the first `tradewind run`")
    try:
        with closing(read()) as journal:
            last = journal.last_sequence
            for _ in journal.groups(max(0, last - 1)):
                pass  # Reading checks them.
    except (TradewindError, sqlite3.Error, OSError) as error:
        return Finding("journal", "fault", str(error))
    return Finding("journal", "ok", f"can be read up to sequence {last}")


def halt_finding(home: Path) -> Finding:
    """Say whether a HALT file stops all trading."""
    path = home / HALT_NAME
    if path.exists():
        return Finding(
            "halt", "warning", f"{path} stops all trading: lift it by `tradewind resume`"
        )
    return Finding("halt", "ok", "no HALT file")


def engine_finding(home: Path) -> Finding:
    """Say whether an engine runs and is well."""
    if not (home / SOCKET_NAME).exists():
        return Finding("engine", "ok", "does not run")
    try:
        status = ask(home, StatusRequest(), deadline_s=ENGINE_DEADLINE_S)
    except TradewindError as error:
        return Finding("engine", "fault", str(error))
    if not status["health"]["ok"]:
        return Finding("engine", "fault", "runs and is not well: see `tradewind status`")
    return Finding("engine", "ok", "runs")


def gateway_finding(missing: Sequence[str]) -> Finding:
    """Say whether the gateway can be started.

    >>> gateway_finding(["uvicorn"]).sentence
    "uvicorn not installed: pip install 'tradewind[gateway]'"
    """
    if missing:
        sentence = f"{', '.join(missing)} not installed: pip install 'tradewind[gateway]'"
        return Finding("gateway", "warning", sentence)
    return Finding("gateway", "ok", "installed")


def is_port_free(port: int) -> bool:
    """True when the gateway could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def port_finding(port: int, engine: Finding) -> Finding:
    """Say whether the gateway's port is free, or taken while an engine runs."""
    if is_port_free(port):
        return Finding("port", "ok", f"{port} is free")
    if engine.sentence == "runs":
        return Finding("port", "ok", f"{port} is in use while an engine runs")
    return Finding("port", "warning", f"{port} is in use by another program: set PORT")
