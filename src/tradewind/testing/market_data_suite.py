"""What every venue's market data must do: inherit `MarketDataSuite` and say where it comes from.

The cases are numbered; a document that speaks of one names its number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
import pytest

from tradewind.core.book import Book
from tradewind.model.columns import DEPTH_GAP, DEPTH_SNAPSHOT, Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData

DEADLINE_S = 120.0
STRIKES_MAX = 20
"""A fault strikes the venue's next message, which may go to a connection that is just ending."""


class MarketStage(Protocol):
    """Where a case plays: makes the adapter, and hurts the venue where that can be done."""

    faults: frozenset[str]
    """Of `cut`, `silent`, `gap`, `precision`, `duplicate`: those that this venue can play."""

    def market_data(self, instrument_ids: list[str] | None = None) -> MarketData:
        """The adapter, of the stage's instruments or of those named."""

    def strike(self, fault: str) -> None:
        """Let a fault strike once, now."""

    def bad_rows(self, adapter: MarketData) -> int:
        """How many rows or frames the adapter has refused."""


class Received:
    """What an adapter delivered."""

    def __init__(self) -> None:
        self.batches: list[Columns] = []
        self.changed = asyncio.Event()

    def take(self, columns: Columns) -> None:
        """Keep a batch."""
        self.batches.append(columns)
        self.changed.set()

    def of(self, kind: str) -> list[Columns]:
        """The batches of a kind."""
        return [columns for columns in self.batches if columns.kind == kind]

    def rows(self, kind: str) -> int:
        """How many rows of a kind."""
        return sum(len(columns) for columns in self.of(kind))

    def depth_marks(self, flag: int) -> int:
        """How many depth rows carry a flag."""
        return sum(int(((columns["flags"] & flag) != 0).sum()) for columns in self.of("depth"))

    async def more(self, kind: str, count: int) -> None:
        """Wait for so many more rows of a kind."""
        enough = self.rows(kind) + count
        await self.until(lambda: self.rows(kind) >= enough)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is true of what was delivered."""
        async with asyncio.timeout(DEADLINE_S):
            while not reached():
                self.changed.clear()
                try:
                    async with asyncio.timeout(0.5):
                        await self.changed.wait()
                except TimeoutError:
                    continue


Case = Callable[[MarketData, Received], Coroutine[Any, Any, None]]


class MarketDataSuite:
    """Subclass it as `Test...` beside the adapter; `kinds` are the kinds that it delivers."""

    kinds: frozenset[str] = frozenset({"trades", "quotes", "depth"})

    def stage(self) -> AbstractContextManager[MarketStage]:
        """A venue with a moving market."""
        raise NotImplementedError

    def play(self, case: Case, *, needs: str = "") -> None:
        """Run a case against a started adapter that delivers."""
        with self.stage() as stage:
            self.skip_without(stage, needs)
            asyncio.run(_played(stage, case))

    def skip_without(self, stage: MarketStage, fault: str) -> None:
        """Skip by name what this venue cannot play."""
        if fault and fault not in stage.faults:
            pytest.skip(f"this venue cannot play {fault}")

    def test_m01_the_instruments_are_known_behind_the_start(self) -> None:
        async def case(adapter: MarketData, received: Received) -> None:
            assert adapter.instruments
            for instrument in adapter.instruments:
                assert instrument.venue == adapter.venue
                assert instrument.tick_units > 0

        self.play(case)

    def test_m02_an_instrument_that_is_not_listed_is_a_users_error(self) -> None:
        async def started(stage: MarketStage) -> None:
            await stage.market_data(["NOSUCH/THING.NOWHERE"]).start()

        with self.stage() as stage, pytest.raises(UserError):
            asyncio.run(started(stage))

    def test_m03_rows_of_every_kind_come_on_the_grid_and_in_the_order_of_arrival(self) -> None:
        async def case(adapter: MarketData, received: Received) -> None:
            await received.until(lambda: all(received.rows(kind) >= 20 for kind in self.kinds))
            last: dict[tuple[str, str], int] = {}
            for columns in received.batches:
                times = columns.time_ns
                assert (np.diff(times) >= 0).all()
                key = (columns.instrument.id, columns.kind)
                assert int(times[0]) >= last.get(key, 0)
                last[key] = int(times[-1])
                _check_grid(columns)

        self.play(case)

    def test_m04_a_book_follows_the_depth_rows_blindly_and_never_crosses(self) -> None:
        if "depth" not in self.kinds:
            pytest.skip("no depth here")

        async def case(adapter: MarketData, received: Received) -> None:
            await received.until(lambda: received.rows("depth") >= 200)
            for instrument in adapter.instruments:
                book = book_of(instrument, received)
                if book.best_bid:
                    assert 0 < book.best_bid < book.best_ask

        self.play(case)

    def test_m05_behind_a_cut_rows_come_again_and_books_are_made_anew(self) -> None:
        self._survives("cut")

    def test_m06_a_silent_connection_is_given_up_and_made_anew(self) -> None:
        self._survives("silent")

    def test_m07_a_lost_update_is_noticed_and_the_book_made_anew(self) -> None:
        self._survives("gap")

    def test_m08_a_price_off_the_grid_is_refused_and_the_next_rows_come(self) -> None:
        with self.stage() as stage:
            self.skip_without(stage, "precision")

            async def case(adapter: MarketData, received: Received) -> None:
                await received.until(lambda: received.rows("quotes") >= 5)
                for _ in range(STRIKES_MAX):
                    stage.strike("precision")
                    await received.more("quotes", 5)
                    if stage.bad_rows(adapter):
                        break
                assert stage.bad_rows(adapter) > 0
                for columns in received.batches:
                    _check_grid(columns)

            asyncio.run(_played(stage, case))

    def test_m09_a_print_that_is_told_twice_counts_once(self) -> None:
        with self.stage() as stage:
            self.skip_without(stage, "duplicate")

            async def case(adapter: MarketData, received: Received) -> None:
                await received.until(lambda: received.rows("trades") >= 1)
                for _ in range(3):
                    stage.strike("duplicate")
                    await received.more("trades", 3)
                seen = [
                    (columns.instrument.id, *row)
                    for columns in received.of("trades")
                    for row in zip(
                        columns["venue_time_ns"].tolist(),
                        columns["price"].tolist(),
                        columns["size"].tolist(),
                        strict=True,
                    )
                ]
                assert len(set(seen)) == len(seen)

            asyncio.run(_played(stage, case))

    def test_m10_being_cancelled_ends_it(self) -> None:
        async def case(adapter: MarketData, received: Received) -> None:
            await received.until(lambda: len(received.batches) > 0)

        self.play(case)

    def _survives(self, fault: str) -> None:
        with self.stage() as stage:
            self.skip_without(stage, fault)

            async def case(adapter: MarketData, received: Received) -> None:
                await received.until(
                    # what is lost before its book's first snapshot is no gap to anybody
                    lambda: all(_has_snapshot(one, received) for one in adapter.instruments)
                )
                gaps = received.depth_marks(DEPTH_GAP)
                snapshots = received.depth_marks(DEPTH_SNAPSHOT)
                stage.strike(fault)
                await received.until(
                    lambda: (
                        received.depth_marks(DEPTH_GAP) > gaps
                        and received.depth_marks(DEPTH_SNAPSHOT) > snapshots
                    )
                )
                await received.more("depth", 1)
                for instrument in adapter.instruments:
                    assert not book_of(instrument, received).is_crossed

            asyncio.run(_played(stage, case))


def _has_snapshot(instrument: Instrument, received: Received) -> bool:
    return any(
        columns.instrument.id == instrument.id and (columns["flags"] & DEPTH_SNAPSHOT).any()
        for columns in received.of("depth")
    )


def book_of(instrument: Instrument, received: Received) -> Book:
    """The book that the delivered depth rows make."""
    book = Book(instrument.tick_units)
    for columns in received.of("depth"):
        if columns.instrument.id == instrument.id:
            names = ("side", "price", "size", "flags")
            for row in zip(*(columns[name].tolist() for name in names), strict=True):
                book.apply(*row)
    return book


def _check_grid(columns: Columns) -> None:
    tick = columns.instrument.tick_units
    names = {"trades": ["price"], "quotes": ["bid", "ask"], "depth": ["price"], "bars": ["close"]}
    for name in names[columns.kind]:
        assert (columns[name] % tick == 0).all()


async def _played(stage: MarketStage, case: Case) -> None:
    adapter, received = stage.market_data(), Received()
    await adapter.start()
    task = asyncio.create_task(adapter.run(received.take))
    playing = asyncio.create_task(case(adapter, received))
    try:
        await asyncio.wait({task, playing}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        await playing
    finally:
        for each in (task, playing):
            each.cancel()
        async with asyncio.timeout(30):
            await asyncio.gather(task, playing, return_exceptions=True)
