"""Recovery of a million journaled events, with a snapshot near the end and without one.

The events are quotes by reference and the orders between them: intended, submitted, accepted and
filled. The yardstick reads the same journal and rows, checks and decodes them, and folds nothing.

What limits it: reading, checking and decoding the records takes as long as the yardstick, more
than half of it; the fold of the core the rest.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

import floor
import numpy as np
from _measure import best_in_turn_s, report, sized, timed

import tradewind as tw
from tradewind.adapters.sqlite.journal import SqliteJournal, open_journal
from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.orders import Liquidity, OrderType, Side
from tradewind.ports.journal import group_of, numbered
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover, snapshot_of
from tradewind.runtime.segments import FileSegments

TARGET = 0.45 if tw.COMPILED else 0.15
ROWS = 180
ORDERS = 5
TURN_NS = 100_000_000
SETUP = [
    m.RunStarted(1, "j0", 1, ""),
    m.InstrumentListed(1, floor.INSTRUMENT),
    m.AccountOpened(1, "main", "USD"),
    m.CashDeposited(1, "main", "USD", 10**15),
    m.StrategyRegistered(1, "person", "main", "", {}),
]


class Writer:
    """A journal that is written as the loop writes one."""

    def __init__(self, directory: Path) -> None:
        self.journal: SqliteJournal = open_journal(
            directory / "journal", journal_id="j0", reserve_bytes=0
        )
        self.epoch = self.journal.take_over()
        self.recorder = Recorder(FileSegments(directory / "market"))
        self.engine = Engine(State())
        self.orders = 0
        self.records: list[m.Record] = []
        for event in SETUP:
            self.step(event)
        self.commit()

    def turn(self, number: int) -> None:
        """Quotes, then orders with what became of them."""
        times = np.arange(ROWS) + (number + 1) * TURN_NS
        bid = 10_000_00 + (number * 7 + np.arange(ROWS)) % 100
        size = np.full(ROWS, 500)
        rows = {"time_ns": times, "bid": bid, "bid_size": size, "ask": bid + 2, "ask_size": size}
        columns = tw.Columns("quotes", floor.INSTRUMENT, rows)
        self.engine.run(columns)
        self.engine.take_records()
        self.records.append(self.recorder.record(columns))
        for _ in range(ORDERS):
            self.order(int(times[-1]))
        self.commit()

    def order(self, time_ns: int) -> None:
        """One order from intent to fill; buys and sells in turn."""
        self.orders += 1
        name, side = f"j0-person-{self.orders}", Side.BUY if self.orders % 2 else Side.SELL
        self.step(
            m.OrderIntended(
                time_ns, name, "person", floor.INSTRUMENT.id, side, 10, OrderType.LIMIT, 10_000_00
            )
        )
        self.step(m.OrderAccepted(time_ns, name, "v"))
        fill = m.OrderFilled(time_ns, name, "f", 10_000_00, 10, 100, "USD", Liquidity.TAKER)
        self.step(fill)

    def step(self, event: m.ControlEvent) -> None:
        """Step an event and keep what it caused."""
        self.engine.step(event)
        self.records += self.engine.take_records()[1]

    def commit(self) -> None:
        """Make the turn durable."""
        self.recorder.flush()
        last = self.journal.last_sequence
        self.journal.append(
            group_of(self.records, after_sequence=last, epoch=self.epoch, time_ns=1)
        )
        self.records = []


def read(journal: SqliteJournal, recorder: Recorder) -> int:
    """The yardstick: every record and every row, read and checked."""
    count = 0
    for group in journal.groups():
        for _, record in numbered(group):
            count += len(recorder.read(record)) if isinstance(record, m.MarketRecorded) else 1
    return count


def write(directory: Path, count: int) -> Writer:
    """A journal of at least so many events; a snapshot before its last hundredth."""
    writer, is_saved = Writer(directory), False
    number = 0
    while writer.journal.last_sequence < count:
        writer.turn(number)
        number += 1
        if not is_saved and writer.journal.last_sequence > count * 0.99:
            writer.journal.save_snapshot(snapshot_of(writer.engine.state, {}, b""))
            is_saved = True
    return writer


def main() -> int:
    """Print how long recovery takes, all of it and with a snapshot."""
    with tempfile.TemporaryDirectory() as directory:
        writer = write(Path(directory), sized(1_000_000, 50_000))
        with closing(writer.journal) as journal, closing(writer.recorder) as recorder:
            whole_s, bare_s, snapshot_s = best_in_turn_s(
                timed(lambda: recover(journal, recorder, before=1)),
                timed(lambda: read(journal, recorder)),
                timed(lambda: recover(journal, recorder)),
            )
            count = journal.last_sequence
    return report(
        "recovery",
        count / whole_s,
        "events/s",
        floor=count / bare_s,
        ratio=bare_s / whole_s,
        target=TARGET,
        whole_s=whole_s,
        with_snapshot_s=snapshot_s,
        orders=writer.orders,
    )


if __name__ == "__main__":
    sys.exit(main())
