"""What every bus must do: inherit `BusSuite` and say how to make both ends of one."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import numpy as np
import pytest

from tradewind.model.columns import Columns
from tradewind.model.errors import TradewindError
from tradewind.model.instruments import Instrument
from tradewind.ports.bus import PIECE_ROWS_MAX, Missed, Publisher, Subscriber

BTC = Instrument("BTC/USDT.SIM", tick="0.10", lot="0.00001")
ETH = Instrument("ETH/USDT.SIM", tick="0.01", lot="0.0001")
DEADLINE_S = 30.0

Self = TypeVar("Self")


def played(case: Callable[[Self], Awaitable[None]]) -> Callable[[Self], None]:
    """A case that runs on an event loop of its own."""

    @functools.wraps(case)
    def play(self: Self) -> None:
        async def whole() -> None:
            await case(self)

        asyncio.run(whole())

    return play


def trades(first_price: int, count: int = 3, instrument: Instrument = BTC) -> Columns:
    """Trades that are told apart by their prices."""
    prices = np.arange(first_price, first_price + count)
    ones = np.ones(count, np.int64)
    return Columns(
        "trades",
        instrument,
        {"time_ns": prices, "price": prices, "size": ones, "side": ones, "update_id": prices},
    )


def quotes(price: int) -> Columns:
    """One quote of another instrument."""
    row = {"time_ns": price, "bid": price, "bid_size": 1, "ask": price + 1, "ask_size": 2}
    return Columns("quotes", ETH, {name: np.array([each]) for name, each in row.items()})


class Heard:
    """What a subscriber was handed."""

    def __init__(self) -> None:
        self.batches: list[Columns] = []
        self.missed: list[Missed] = []
        self.changed = asyncio.Event()

    def take(self, columns: Columns) -> None:
        self.batches.append(columns)
        self.changed.set()

    def miss(self, missed: Missed) -> None:
        self.missed.append(missed)
        self.changed.set()

    @property
    def prices(self) -> list[int]:
        """The first price of each batch of trades."""
        return [int(each["price"][0]) for each in self.batches if each.kind == "trades"]

    async def until(self, is_reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not is_reached():
                self.changed.clear()
                await self.changed.wait()


class BusSuite:
    """Subclass it as `Test...` beside the adapter."""

    KEPT_BATCHES = 64
    """What the publishers of this suite keep for replay."""

    def new_publisher(self) -> Publisher:
        """A publisher with a log of `KEPT_BATCHES`, at a new place each time."""
        raise NotImplementedError

    def new_subscriber(self, publisher: Publisher) -> Subscriber:
        """A subscriber of a publisher that was started."""
        raise NotImplementedError

    @contextlib.asynccontextmanager
    async def publishing(self) -> AsyncIterator[Publisher]:
        publisher = self.new_publisher()
        await publisher.start([BTC, ETH])
        running = asyncio.create_task(publisher.run())
        try:
            yield publisher
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await publisher.close()

    @contextlib.asynccontextmanager
    async def hearing(self, publisher: Publisher) -> AsyncIterator[tuple[Subscriber, Heard]]:
        subscriber, heard = self.new_subscriber(publisher), Heard()
        async with asyncio.timeout(DEADLINE_S):
            await subscriber.start()
        running = asyncio.create_task(subscriber.run(heard.take, heard.miss))
        try:
            yield subscriber, heard
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await subscriber.close()

    @played
    async def test_a_batch_arrives_as_it_was_published(self) -> None:
        async with self.publishing() as publisher, self.hearing(publisher) as (subscriber, heard):
            assert [each.id for each in subscriber.instruments] == [BTC.id, ETH.id]
            publisher.publish(trades(100))
            publisher.publish(quotes(7))
            await heard.until(lambda: len(heard.batches) == 2)
            first, second = heard.batches
            assert (first.kind, first.instrument, second.kind) == ("trades", BTC, "quotes")
            for sent, found in ((trades(100), first), (quotes(7), second)):
                assert found.arrays.keys() == sent.arrays.keys()
                assert all(found[name].tolist() == sent[name].tolist() for name in sent.arrays)

    @played
    async def test_what_arrives_can_be_written_to_by_a_compiled_reader(self) -> None:
        async with self.publishing() as publisher, self.hearing(publisher) as (_, heard):
            publisher.publish(trades(100))
            await heard.until(lambda: bool(heard.batches))
            assert all(each.flags.writeable for each in heard.batches[0].arrays.values())

    @played
    async def test_all_kinds_come_in_the_order_of_publishing(self) -> None:
        async with self.publishing() as publisher, self.hearing(publisher) as (_, heard):
            for number in range(50):
                publisher.publish(quotes(number + 1) if number % 2 else trades(number + 1))
            await heard.until(lambda: len(heard.batches) == 50)
            assert [int(each.time_ns[0]) for each in heard.batches] == list(range(1, 51))

    @played
    async def test_two_subscribers_hear_the_same(self) -> None:
        async with (
            self.publishing() as publisher,
            self.hearing(publisher) as (_, one),
            self.hearing(publisher) as (_, other),
        ):
            for price in range(1, 20):
                publisher.publish(trades(price))
            await one.until(lambda: len(one.batches) == 19)
            await other.until(lambda: len(other.batches) == 19)
            assert one.prices == other.prices == list(range(1, 20))

    @played
    async def test_a_late_subscriber_begins_behind_what_was_before(self) -> None:
        async with self.publishing() as publisher:
            publisher.publish(trades(1))
            async with self.hearing(publisher) as (_, heard):
                publisher.publish(trades(2))
                await heard.until(lambda: bool(heard.batches))
                assert (heard.prices, heard.missed) == ([2], [])

    @played
    async def test_a_long_batch_arrives_whole_in_pieces(self) -> None:
        async with self.publishing() as publisher, self.hearing(publisher) as (_, heard):
            publisher.publish(trades(1, PIECE_ROWS_MAX + 5))
            await heard.until(lambda: len(heard.batches) == 2)
            assert [len(each) for each in heard.batches] == [PIECE_ROWS_MAX, 5]
            assert publisher.sequence == 2

    @played
    async def test_an_empty_batch_is_not_published(self) -> None:
        async with self.publishing() as publisher:
            publisher.publish(trades(1, 0))
            assert publisher.sequence == 0

    @played
    async def test_who_did_not_read_for_a_while_is_given_what_it_missed(self) -> None:
        async with self.publishing() as publisher:
            subscriber, heard = self.new_subscriber(publisher), Heard()
            await subscriber.start()
            for price in range(1, self.KEPT_BATCHES + 1):
                publisher.publish(trades(price))
            running = asyncio.create_task(subscriber.run(heard.take, heard.miss))
            await heard.until(lambda: len(heard.batches) == self.KEPT_BATCHES)
            assert heard.prices == list(range(1, self.KEPT_BATCHES + 1))
            assert heard.missed == []
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await subscriber.close()

    @played
    async def test_what_is_not_kept_any_more_is_told_as_missed(self) -> None:
        """Far too much for every queue: the newest are delivered, the gap is named exactly."""
        async with self.publishing() as publisher:
            subscriber, heard = self.new_subscriber(publisher), Heard()
            await subscriber.start()
            last = 3_500 + self.KEPT_BATCHES
            for price in range(1, last + 1):
                # so long that the buffers of the system do not hold them either
                publisher.publish(trades(price, 400))
            running = asyncio.create_task(subscriber.run(heard.take, heard.miss))
            await heard.until(lambda: heard.prices[-1:] == [last])
            gaps = {n for gap in heard.missed for n in range(gap.first, gap.last + 1)}
            assert heard.missed
            assert gaps | set(heard.prices) == set(range(1, last + 1))
            assert not gaps & set(heard.prices)
            assert heard.prices == sorted(heard.prices)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await subscriber.close()

    @played
    async def test_what_the_reader_raises_ends_the_run(self) -> None:
        def refuse(_: Columns) -> None:
            raise TradewindError("no more")

        async with self.publishing() as publisher:
            subscriber = self.new_subscriber(publisher)
            await subscriber.start()
            publisher.publish(trades(1))
            with pytest.raises(TradewindError, match="no more"):
                async with asyncio.timeout(DEADLINE_S):
                    await subscriber.run(refuse, lambda missed: None)
            await subscriber.close()
