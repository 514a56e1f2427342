"""Notices: which records of the journal people are told of, how urgent, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.model import messages as m
from tradewind.model import reports, venue_messages
from tradewind.ports.notifications import Level, Notice
from tradewind.ports.records import FillRow, Records

KINDS = {
    "fill": "fills",
    "denial": "denials",
    "rejection": "rejections",
    "unknown": "unknown orders",
    "halt": "halts",
    "failure": "failures",
    "venue": "venue events",
    "difference": "reconciliation differences",
    "start": "starts",
}
"""Every kind of notice, and what many of them are called."""

TEXT_LENGTH_MAX = 300

Words = Callable[[Any], str]


def notice_of(sequence: int, record: object, records: Records | None) -> Notice | None:
    """The notice of a record of the journal; None where nobody need be told.

    >>> halted = m.Halted(5, "all", "odd fills", "ann")
    >>> notice_of(9, halted, None).text
    'halted: all, odd fills (by ann)'
    """
    found = TABLE.get(type(record))
    if found is None:
        return None
    level, kind, words = found
    text = words(record)
    if isinstance(record, reports.OrderFilled) and records is not None:
        text = _fill(record, records) or text
    time_ns: int = getattr(record, "time_ns", 0)
    return Notice(sequence, time_ns, level, kind, " ".join(text.split())[:TEXT_LENGTH_MAX])


TABLE: dict[type, tuple[Level, str, Words]] = {
    m.RunStarted: (Level.INFO, "start", lambda r: f"started: {r.code}, run {r.epoch}"),
    reports.OrderFilled: (Level.INFO, "fill", lambda r: f"{r.order_id} filled"),
    m.OrderDenied: (
        Level.WARNING,
        "denial",
        lambda r: f"{r.order_id} denied by {r.rule}: {r.value}, the limit is {r.limit}",
    ),
    reports.OrderRejected: (
        Level.WARNING,
        "rejection",
        lambda r: f"{r.order_id} rejected: {r.reason}",
    ),
    reports.OrderUnknown: (
        Level.WARNING,
        "unknown",
        lambda r: f"{r.order_id} is unknown: {r.reason}",
    ),
    m.Halted: (Level.CRITICAL, "halt", lambda r: f"halted: {r.scope}, {r.reason} (by {r.by})"),
    m.Resumed: (Level.WARNING, "halt", lambda r: f"resumed: {r.scope} (by {r.by})"),
    m.StrategyStopped: (
        Level.CRITICAL,
        "failure",
        lambda r: f"strategy {r.strategy} stopped: {r.reason}",
    ),
    venue_messages.VenueLost: (
        Level.CRITICAL,
        "venue",
        lambda r: f"{r.venue} is lost: {r.reason}",
    ),
    venue_messages.VenueRecovered: (Level.WARNING, "venue", lambda r: f"{r.venue} is back"),
    venue_messages.VenueDiffered: (
        Level.CRITICAL,
        "difference",
        lambda r: (
            f"{r.venue}, {r.kind} {r.subject}: we say {r.ours}, it says {r.theirs}; "
            f"{r.rule} ({r.reason})"
        ),
    ),
}
"""Records that are told of."""


def _fill(record: reports.OrderFilled, records: Records) -> str:
    """The fill in its own digits, as soon as its row is there."""
    where = {"order_id": record.order_id, "fill_id": record.fill_id}
    rows = records.rows(FillRow, where, limit=1)
    if not rows:
        return ""
    row = rows[0]
    return f"{row.side} {row.quantity} {row.instrument} at {row.price} ({row.order_id})"
