"""Retention of the audit trail: what is older than the policy goes to a file, and then out.

The file is a line of JSON for each entry, as `tradewind audit export` writes them, and durable
before an entry is taken out. What the trail says of it ties the file to the chain.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool

from tradewind.model.errors import OutsideError
from tradewind.ports.audit import Audit, AuditEntry

FOLDER = "audit"
LOOK_S = 3_600.0
DAY_NS = 86_400 * 10**9
LOG = logging.getLogger("tradewind.audit")


def line_of(entry: AuditEntry) -> bytes:
    """An entry as a line of an export."""
    row = msgspec.structs.asdict(entry) | {"link": entry.link.hex()}
    return msgspec.json.encode(row) + b"\n"


def retire(audit: Audit, home: Path, *, days: int, now_ns: int) -> int:
    """Take out what is older, safe in files below `home`; how many entries. Blocking.

    Raises `OutsideError` where a file or the database cannot be written; nothing is lost then.
    """
    count = 0
    while True:
        taken = audit.retire(
            now_ns - days * DAY_NS, lambda entries: keep(home / FOLDER, entries), time_ns=now_ns
        )
        count += taken
        if not taken:
            return count


def keep(folder: Path, entries: Sequence[AuditEntry]) -> str:
    """Write entries to a file of their own, durable when this returns; its name."""
    name = f"audit-{entries[0].number:012}-{entries[-1].number:012}.jsonl"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        draft = folder / f"{name}.part"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(line_of(entry) for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    except OSError as error:
        raise OutsideError(
            f"{folder / name} cannot be written: {error.strerror}", fault="ours", retry=True
        ) from None
    return name


async def go_on_retiring(audit: Audit, home: Path, days: int, now_ns: Callable[[], int]) -> None:
    """Look again every hour, until it is called off."""
    while True:
        try:
            count = await run_in_threadpool(lambda: retire(audit, home, days=days, now_ns=now_ns()))
            if count:
                LOG.info("audit_retired entries=%d", count)
        except OutsideError as error:
            LOG.warning("audit_not_retired reason=%r", str(error))
        await asyncio.sleep(LOOK_S)
