"""Passwords that are known to others: a sorted list of hashes, searched where it lies on disk.

The file is that of Have I Been Pwned, `SHA1:COUNT` a line ordered by hash; of it 38 GB or any part.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, Protocol

from tradewind.model.errors import UserError

LINE_BYTES_MAX = 256


class Breached(Protocol):
    """Knows passwords that others know."""

    def has(self, password: str) -> bool:
        """True where a password is among them."""


class NoList:
    """Knows none."""

    def has(self, password: str) -> bool:
        """False."""
        return False


class BreachedFile:
    """The list of a file; opened for each question, so that it can be replaced meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise UserError(f"BREACHED_PASSWORDS_LIST: there is no file {path}")

    def has(self, password: str) -> bool:
        """True where the list has the password; a few dozen reads of the file."""
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        with self._path.open("rb") as file:
            return _has(file, wanted.encode(), self._path.stat().st_size)


def _has(file: BinaryIO, wanted: bytes, size: int) -> bool:
    """Halve the stretch in which the line must begin, until none is left."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        file.seek(middle)
        if middle:
            file.readline(LINE_BYTES_MAX)  # The rest of the line that began before.
        line = file.readline(LINE_BYTES_MAX)
        found = line[: len(wanted)].upper()
        if found == wanted:
            return True
        if line and found < wanted:
            low = middle + 1
        else:
            high = middle
    file.seek(low)
    return file.readline(LINE_BYTES_MAX)[: len(wanted)].upper() == wanted
