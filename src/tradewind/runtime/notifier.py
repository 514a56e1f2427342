"""The notifier: follows the journal beside the engine and fills the outbox of each channel."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec

from tradewind.model.errors import TradewindError
from tradewind.ports.journal import JournalReader, numbered
from tradewind.ports.notifications import Level, Notice
from tradewind.ports.records import Records
from tradewind.runtime.notices import notice_of
from tradewind.runtime.outbox import Outbox

POLL_S = 0.5
"""How often the journal is looked at."""
RETRY_S = 5.0
RECORDS_MAX = 20_000
"""Records of one look; the next look goes on behind them."""
STATE_NAME = "notify.json"
LOG = logging.getLogger("tradewind.notify")


class Told(msgspec.Struct):
    """What is kept over restarts: the journal, and how far each channel has been told."""

    journal_id: str = ""
    channels: dict[str, int] = {}


class Notifier:
    """Runs until canceled; the engine knows nothing of it and never waits for it.

    A channel that is new begins at the journal's end: nobody is told of the past.
    """

    def __init__(
        self,
        home: Path,
        open_journal: Callable[[], JournalReader],
        open_records: Callable[[], Records],
    ) -> None:
        self._file = home / STATE_NAME
        self._open_journal = open_journal
        self._open_records = open_records
        self.outboxes: list[Outbox] = []
        self._sequence = 0
        self._journal_id = ""
        self._told = Told()

    def kept(self) -> tuple[Told, int]:
        """What an earlier notifier kept of this journal, and where the journal ends."""
        with closing(self._open_journal()) as journal:
            self._journal_id = journal.journal_id
            told = read_told(self._file)
            if told.journal_id != journal.journal_id:
                told = Told(journal.journal_id)
            return told, journal.last_sequence

    async def run(self, outboxes: Sequence[Outbox]) -> None:
        """Follow and send."""
        self.outboxes = list(outboxes)
        self._sequence = min((outbox.told for outbox in outboxes), default=0)
        sending = [asyncio.create_task(outbox.run()) for outbox in outboxes]
        try:
            while True:
                await self._follow_safely()
                self.keep()
                await asyncio.sleep(POLL_S)
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def say(self, text: str) -> None:
        """Tell every channel something critical that is in no journal."""
        for outbox in self.outboxes:
            notice = Notice(self._sequence + 1, 0, Level.CRITICAL, "failure", text)
            outbox.add(notice)
        await asyncio.gather(*(outbox.flush() for outbox in self.outboxes))

    def keep(self) -> None:
        """Write down how far each channel has been told, where that changed."""
        channels = {outbox.channel.name: outbox.told for outbox in self.outboxes}
        told = Told(self._journal_id, self._told.channels | channels)
        if told != self._told:
            write_told(self._file, told)
            self._told = told

    async def _follow_safely(self) -> None:
        try:
            notices, end = await asyncio.to_thread(self._read)
        except TradewindError as error:
            LOG.warning("notify_cannot_read error=%s", error)
            await asyncio.sleep(RETRY_S)
            return
        for outbox in self.outboxes:
            for notice in notices:
                outbox.add(notice)
            outbox.reach(end)
        self._sequence = end

    def _read(self) -> tuple[list[Notice], int]:
        """What the journal has behind the last look; the past that was pruned is passed over."""
        notices: list[Notice] = []
        with ExitStack() as opened:
            journal = opened.enter_context(closing(self._open_journal()))
            after = max(self._sequence, journal.first_sequence - 1)
            if journal.last_sequence <= after:
                return [], after
            records: Records | None = None
            with contextlib.suppress(TradewindError):
                records = opened.enter_context(closing(self._open_records()))
            for group in journal.groups(after):
                for sequence, record in numbered(group):
                    after = max(after, sequence)
                    notice = notice_of(sequence, record, records)
                    if notice is not None and sequence > self._sequence:
                        notices.append(notice)
                after = max(after, group.last)
                if after - self._sequence > RECORDS_MAX:
                    break
        return notices, after


def read_told(file: Path) -> Told:
    """What is kept; a file that cannot be read counts as none, and nothing of the past is told."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Told)
    except (FileNotFoundError, msgspec.MsgspecError):
        return Told()


def write_told(file: Path, told: Told) -> None:
    """Put a file in the place of the one before, whole."""
    beside = file.with_suffix(".new")
    with beside.open("wb") as out:
        out.write(msgspec.json.encode(told))
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)
