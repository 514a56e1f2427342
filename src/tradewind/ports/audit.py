"""Audit: who did what, from where, with which outcome; each entry chained to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

FIRST_LINK = bytes(32)
"""What the first entry is chained to."""


TARGET_LENGTH_MAX = 200
RETIRED = "entries taken out"
RETIRED_AT_ONCE = 10_000
"""The most entries that one file takes."""


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


Keep = Callable[[Sequence[AuditEntry]], str]
"""Makes entries safe elsewhere, and says where that is."""


class NewEntry(msgspec.Struct, frozen=True):
    """What is to be written down, before it has its number and link."""

    time_ns: int
    actor: str
    action: str
    target: str
    outcome: str
    address: str
    detail: str


class Audit(Protocol):
    """The trail; entries are added, and taken out from its beginning once they are safe."""

    def append_all(self, entries: Sequence[NewEntry]) -> list[AuditEntry]:
        """Add entries behind the last one, all of them durable when this returns, or none."""

    def retire(self, before_ns: int, keep: Keep, *, time_ns: int) -> int:
        """Give the oldest entries to `keep`, as far as they are older, and take them out.

        How many. An entry of their own says it, with the last one's link and what `keep` returned;
        all of it happens or nothing.
        """

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


def chained(last: AuditEntry | None, entries: Sequence[NewEntry]) -> list[AuditEntry]:
    """The entries with their numbers and links, behind the last one (None: the first).

    >>> new = NewEntry(5, "ann", "login", "", "ok", "127.0.0.1", "{}")
    >>> [entry.number for entry in chained(None, [new, new])]
    [1, 2]
    """
    found: list[AuditEntry] = []
    for new in entries:
        number, link = (last.number, last.link) if last else (0, FIRST_LINK)
        entry = AuditEntry(number + 1, **msgspec.structs.asdict(new))
        entry = msgspec.structs.replace(entry, target=new.target[:TARGET_LENGTH_MAX])
        last = msgspec.structs.replace(entry, link=link_of(link, entry))
        found.append(last)
    return found


def retired(entries: Sequence[AuditEntry], place: str, time_ns: int) -> NewEntry:
    """What is written down of entries that were taken out."""
    last = entries[-1]
    detail = {"through": last.number, "link": last.link.hex(), "count": len(entries)}
    text = msgspec.json.encode(detail).decode()
    return NewEntry(time_ns, "retention policy", RETIRED, place, "ok", "", text)


def first_break(audit: Audit) -> int:
    """The number of the first entry that is not as it was written, or 0 where all are.

    Where older entries were taken out, the trail itself says behind which link it begins.
    """
    first: AuditEntry | None = None
    previous, tied = FIRST_LINK, True
    number = 0
    for entry in audit.entries():
        if first is None:
            first, number = entry, entry.number
            tied = number == 1
            previous = previous if tied else b""
        if entry.number != number:
            return number
        if previous and entry.link != link_of(previous, entry):
            return number
        tied = tied or _ties(entry, first)
        previous, number = entry.link, number + 1
    return 0 if first is None or tied else first.number


def _ties(entry: AuditEntry, first: AuditEntry) -> bool:
    """True where an entry says that what it took out ended right before the first."""
    if entry.action != RETIRED:
        return False
    detail: dict[str, Any] = msgspec.json.decode(entry.detail)
    link = bytes.fromhex(detail["link"])
    return detail["through"] == first.number - 1 and first.link == link_of(link, first)
