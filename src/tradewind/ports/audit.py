"""Audit: who did what, from where, with which outcome; each entry chained to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

import msgspec

FIRST_LINK = bytes(32)
"""What the first entry is chained to."""


class AuditEntry(msgspec.Struct, frozen=True, array_like=True):
    """One thing that somebody did or tried; `detail` is JSON without secrets.

    `link` is SHA-256 of the entry before it and of this entry's own content, so that an entry
    cannot be changed, taken out or put in without breaking every link behind it.
    """

    number: int
    time_ns: int
    actor: str
    action: str
    target: str
    outcome: str
    address: str
    detail: str
    link: bytes = b""


class Audit(Protocol):
    """The trail; entries are only ever added."""

    def append(
        self,
        *,
        time_ns: int,
        actor: str,
        action: str,
        target: str,
        outcome: str,
        address: str,
        detail: str,
    ) -> AuditEntry:
        """Add an entry behind the last one, durable when this returns."""

    def newest(self, *, before: int, limit: int) -> list[AuditEntry]:
        """Entries with numbers below `before` (0: from the end), newest first."""

    def entries(self) -> Iterator[AuditEntry]:
        """All entries in their order."""


def link_of(previous: bytes, entry: AuditEntry) -> bytes:
    """The link that an entry must have behind another.

    >>> entry = AuditEntry(1, 5, "ann", "login", "", "ok", "127.0.0.1", "{}")
    >>> link_of(FIRST_LINK, entry).hex()[:16]
    'e54d530dc5f1b49d'
    """
    content = msgspec.msgpack.encode(msgspec.structs.replace(entry, link=b""))
    return hashlib.sha256(previous + content).digest()


def first_break(audit: Audit) -> int:
    """The number of the first entry that is not as it was written, or 0 where all are."""
    previous = FIRST_LINK
    for number, entry in enumerate(audit.entries(), start=1):
        if entry.number != number or entry.link != link_of(previous, entry):
            return number
        previous = entry.link
    return 0
