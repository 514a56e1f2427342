"""Where the files of a history lie: a folder of this computer, or a bucket of an object store."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from tradewind.model.errors import OutsideError


class Kept(NamedTuple):
    """The content of a small file, and what the shelf calls this version of it."""

    content: bytes
    version: str


class Overtaken(OutsideError):
    """Another writer was there between our reading and our writing; nothing of ours was stored."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"another process has just written {place}: repeat it; the history is as that one "
            "left it",
            fault="ours",
            retry=True,
        )


class Shelf(Protocol):
    """Files by names like `trades/SIM/BTC-USDT/2024-03-01/part-0.parquet`.

    A file is seen whole or not at all. What the storage refuses is an `OutsideError`.
    """

    def writing(self) -> AbstractContextManager[None]:
        """What a write happens in; `OutsideError` where nobody may write now."""
        ...

    def prepare(self, folder: str) -> None:
        """Make ready for new files in a folder."""
        ...

    def read(self, name: str) -> Kept | None:
        """A small file, None where there is none."""
        ...

    def replace(self, name: str, content: bytes, before: Kept | None) -> None:
        """Put a small file in place of the version before (None: there was none) at once.

        `Overtaken` where another version is there by now.
        """
        ...

    def names(self, folder: str, pattern: str) -> list[str]:
        """The names at any depth below a folder ("": all) whose last piece matches a pattern."""
        ...

    def remove(self, name: str) -> None:
        """Take a file away; nothing happens where there is none."""
        ...

    def copy(self, name: str, sha256: str) -> Path:
        """Where a data file can be read on this computer; it is not there where it is missing."""
        ...

    def sha256(self, name: str) -> str | None:
        """The hash of a data file as it is stored now; None where it is missing."""
        ...

    def draft(self, name: str) -> Path:
        """Where on this computer a data file is written before it is brought in."""
        ...

    def bring(self, drafts: dict[str, Path]) -> None:
        """Bring new data files in, durably, under names that nobody has.

        Where it fails those that may be somebody else's are taken out of `drafts`.
        """
        ...

    def place(self, name: str) -> str:
        """A name as people find it: a path or an address."""
        ...


def matching(names: Iterable[str], pattern: str) -> list[str]:
    """The names whose last piece matches a pattern, sorted.

    >>> matching(["a/part-1.parquet", "a/manifest.json"], "part-*.parquet")
    ['a/part-1.parquet']
    """
    return sorted(name for name in names if Path(name).match(pattern))


def cannot_write(place: Path | str, reason: str) -> OutsideError:
    """The error of a write that the disk refused."""
    return OutsideError(
        f"cannot write {place} ({reason}): make room on the disk and repeat it; the history is as "
        "it was",
        fault="ours",
        retry=True,
    )
