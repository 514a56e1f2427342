"""Disk space kept back for the cancels of a halt: a file that is there to be removed."""

from __future__ import annotations

import os
from pathlib import Path

RESERVE_NAME = "journal.reserve"
RESERVE_BYTES = 16 << 20
"""Room for some 100,000 cancels with their journal pages."""


def make_reserve(directory: Path, size_bytes: int) -> None:
    """Allocate the file, whole, if it is not there yet; OSError where the disk has no room."""
    path = directory / RESERVE_NAME
    if path.exists() and path.stat().st_size >= size_bytes:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, max(size_bytes, 1))
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(descriptor)


def release_reserve(directory: Path) -> None:
    """Give the space back to the disk."""
    (directory / RESERVE_NAME).unlink(missing_ok=True)
