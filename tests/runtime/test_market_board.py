"""The market board: what changed is told at once and not too often, all of it once a second."""

from __future__ import annotations

import asyncio

from tradewind.runtime import market_board
from tradewind.runtime.market_board import Following, MarketBoard
from tradewind.runtime.read_models import MarketRow
from tradewind.testing.virtual_time import run_virtually


class Prices:
    """Bids of some instruments, on a board."""

    def __init__(self, *bids: int) -> None:
        self.bids = list(bids)
        self.board = MarketBoard(lambda: list(self.bids), self.row)

    def row(self, number: int) -> MarketRow:
        bid = str(self.bids[number])
        return MarketRow(instrument=f"I{number}", bid=bid, ask=bid, last=bid, age_ms=0)

    def set(self, number: int, bid: int) -> None:
        self.bids[number] = bid
        self.board.notice()


async def told(following: Following) -> tuple[float, dict[str, str]]:
    """When rows were told, and their bids."""
    rows = await following.rows()
    return asyncio.get_running_loop().time(), {row["instrument"]: row["bid"] for row in rows}


def test_all_come_first_and_then_what_changed_at_once() -> None:
    async def play() -> None:
        prices = Prices(1, 2)
        following = prices.board.follow()
        assert (await told(following))[1] == {"I0": "1", "I1": "2"}
        await asyncio.sleep(0.1)
        changed_s = asyncio.get_running_loop().time()
        prices.set(1, 3)
        told_s, rows = await told(following)
        assert rows == {"I1": "3"}
        assert told_s == changed_s

    run_virtually(play())


def test_what_changes_within_an_interval_is_told_once_with_its_newest_price() -> None:
    async def play() -> None:
        prices = Prices(1, 2)
        following = prices.board.follow()
        before_s, _ = await told(following)
        for bid in range(10, 20):
            prices.set(0, bid)
        told_s, rows = await told(following)
        assert rows == {"I0": "19"}
        assert abs(told_s - before_s - market_board.INTERVAL_S) < 1e-6

    run_virtually(play())


def test_all_rows_come_once_a_second_where_nothing_changes() -> None:
    async def play() -> None:
        following = Prices(1, 2).board.follow()
        before_s, _ = await told(following)
        told_s, rows = await told(following)
        assert rows == {"I0": "1", "I1": "2"}
        assert abs(told_s - before_s - market_board.WHOLE_S) < 1e-6

    run_virtually(play())


def test_a_notice_without_a_change_tells_nothing() -> None:
    async def play() -> None:
        prices = Prices(1)
        following = prices.board.follow()
        before_s, _ = await told(following)
        asyncio.get_running_loop().call_later(0.2, prices.board.notice)
        assert (await told(following))[0] - before_s > 0.9

    run_virtually(play())


def test_an_instrument_that_is_listed_later_is_told() -> None:
    async def play() -> None:
        prices = Prices(1)
        following = prices.board.follow()
        await told(following)
        prices.bids.append(5)
        prices.board.notice()
        assert (await told(following))[1] == {"I0": "1", "I1": "5"}

    run_virtually(play())


def test_followers_are_told_each_what_they_have_not_seen() -> None:
    async def play() -> None:
        prices = Prices(1, 2)
        first, second = prices.board.follow(), prices.board.follow()
        await told(first)
        prices.set(0, 7)
        assert (await told(second))[1] == {"I0": "7", "I1": "2"}
        assert (await told(first))[1] == {"I0": "7"}
        second.close()
        prices.set(0, 8)
        assert not second.changed.is_set()

    run_virtually(play())
