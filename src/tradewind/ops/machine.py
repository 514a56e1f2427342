"""What the machine under us gives: how long a durable write takes, whether its clock is kept."""

from __future__ import annotations

import ctypes
import os
import statistics
import tempfile
import time
from pathlib import Path

WRITES = 5
WRITE_BYTES = 4096
_TIMEX_BYTES = 256
"""More than `struct timex` has on any Linux."""
_MAX_ERROR_OFFSET = 3 * ctypes.sizeof(ctypes.c_long)
_STATUS_OFFSET = 5 * ctypes.sizeof(ctypes.c_long)
_STATUS_UNSYNCHRONISED = 0x40


def fsync_ms(folder: Path) -> float:
    """Return the median time of a durable write of 4 KB in milliseconds; leaves nothing behind.

    Raises `OSError` where the folder cannot be written.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        return statistics.median(_durable_write_ms(file.fileno()) for _ in range(WRITES))


def clock_error_us() -> int | None:
    """Return how far the clock may be off in microseconds; None where nothing keeps it.

    Raises `OSError` where the system does not tell. Source: adjtimex(2), fields maxerror, status.
    """
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    library = ctypes.CDLL(None, use_errno=True)
    if library.adjtimex(timex) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    status = ctypes.c_int.from_buffer(timex, _STATUS_OFFSET).value
    if status & _STATUS_UNSYNCHRONISED:
        return None
    return ctypes.c_long.from_buffer(timex, _MAX_ERROR_OFFSET).value


def _durable_write_ms(file: int) -> float:
    started_ns = time.perf_counter_ns()
    os.write(file, bytes(WRITE_BYTES))
    os.fsync(file)
    return (time.perf_counter_ns() - started_ns) / 1e6
