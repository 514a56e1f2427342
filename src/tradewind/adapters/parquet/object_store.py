"""What the history asks of an object store: whole objects, put on a condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from tradewind.adapters.parquet.shelf import Kept


class ObjectStore(Protocol):
    """Objects of a bucket by their keys; what the store refuses is an `OutsideError`."""

    def look(self, prefix: str) -> None:
        """Ask for the bucket; an error where it is not there or not ours to see."""
        ...

    def get(self, key: str) -> Kept | None:
        """A small object and its version, None where there is none."""
        ...

    def pieces(self, key: str) -> Iterator[bytes] | None:
        """A large object piece by piece, None where there is none."""
        ...

    def put(self, key: str, content: bytes, before: str | None) -> bool:
        """Put an object where its version is still `before` (None: where there is none).

        False where that does not hold; then nothing is stored.
        """
        ...

    def keys(self, prefix: str) -> Iterable[str]:
        """The keys that begin with a prefix."""
        ...

    def delete(self, key: str) -> None:
        """Take an object away; nothing happens where there is none."""
        ...
