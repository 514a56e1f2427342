"""The hash of a run: its records with their sequences, and the market data it saw."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from tradewind.model.codec import encode_all
from tradewind.model.columns import REQUIRED, Columns
from tradewind.model.messages import MarketRecorded, Record


class JournalHash:
    """Folds a run however it is cut into groups and batches.

    Records are folded as their bytes, with their sequences beside them; market rows as
    `MarketHash` does. `MarketRecorded` only says where rows are kept, so it is left out.

    >>> one, two = JournalHash(), JournalHash()
    >>> from tradewind.model.messages import ClockTicked
    >>> one.records([1, 2], [ClockTicked(5), ClockTicked(6)])
    >>> two.records([1], [ClockTicked(5)]); two.records([2], [ClockTicked(6)])
    >>> one.hexdigest() == two.hexdigest()
    True
    """

    def __init__(self) -> None:
        self._sequences = hashlib.sha256()
        self._records = hashlib.sha256()
        self._market = MarketHash()

    def records(self, sequences: list[int], records: list[Record]) -> None:
        """Fold records in their order."""
        if MarketRecorded in set(map(type, records)):
            both = [
                pair
                for pair in zip(sequences, records, strict=True)
                if type(pair[1]) is not MarketRecorded
            ]
            sequences = [sequence for sequence, _ in both]
            records = [record for _, record in both]
        self.body(np.array(sequences, np.int64).tobytes(), encode_all(records))

    def body(self, sequences: bytes, body: bytes) -> None:
        """Fold records that are bytes already, their sequences as int64 memory."""
        self._sequences.update(sequences)
        self._records.update(body)

    def rows(self, columns: Columns) -> None:
        """Fold market rows, later: the arrays must not change until the digest is asked for."""
        self._market.rows(columns)

    def hexdigest(self) -> str:
        """The hash of everything folded so far, in hex."""
        return self.hexdigest_beside(self._market.digest())

    def hexdigest_beside(self, market: bytes) -> str:
        """The same, where the digest of the market rows is known: many runs share theirs."""
        both = self._sequences.digest() + self._records.digest()
        return hashlib.sha256(both + market).hexdigest()


class MarketHash:
    """Folds market rows column by column for each instrument and kind.

    Columns may be handed over late: they are hashed when the digest is asked for.
    """

    def __init__(self) -> None:
        self._columns: list[Columns] = []
        self._streams: dict[tuple[str, str], list[hashlib._Hash]] = {}

    def rows(self, columns: Columns) -> None:
        """Fold rows, later: the arrays must not change until the digest is asked for."""
        self._columns.append(columns)

    def digest(self) -> bytes:
        """For each stream its name and the digests of its columns, in the order of the names."""
        for columns in self._columns:
            self._fold(columns)
        self._columns = []
        parts: list[bytes] = []
        for key in sorted(self._streams):
            parts.append("\0".join(key).encode())
            parts += [column.digest() for column in self._streams[key]]
        return b"".join(parts)

    def _fold(self, columns: Columns) -> None:
        key = (columns.kind, columns.instrument.id)
        names = REQUIRED[columns.kind]
        hashes = self._streams.setdefault(key, [hashlib.sha256() for _ in names])
        for name, column in zip(names, hashes, strict=True):
            column.update(np.ascontiguousarray(columns[name]).data)


def market_digest(batches: Iterable[Columns]) -> bytes:
    """The digest of the rows of some batches, for `JournalHash.hexdigest_beside`."""
    market = MarketHash()
    for columns in batches:
        market.rows(columns)
    return market.digest()
