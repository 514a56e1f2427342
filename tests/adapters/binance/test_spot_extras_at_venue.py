"""What spot has beyond the port, at the local venue: lists, replacing, amending, the router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest

from tests.adapters.binance.test_trading_suite import BTC
from tests.adapters.local_venue import LocalVenue, local_venue
from tests.adapters.net.loopback import RealClock, no_chance
from tradewind.adapters.binance.hosts import local_hosts
from tradewind.adapters.binance.order_parameters import SpotOrder
from tradewind.adapters.binance.order_wire import OrderAnswer, OrderListAnswer
from tradewind.adapters.binance.rest import Keys
from tradewind.adapters.binance.spot_extras import SpotExtras
from tradewind.adapters.binance.trading import BinanceTrading
from tradewind.adapters.net.secret import Secret
from tradewind.model import messages as m
from tradewind.ports.trading import Refused
from tradewind.testing.trading_stage import Told

SYMBOL = "BTCUSDT"
PREFIX = "j0-extra-"
AMOUNT = "0.01"
UNITS = 1_000_000
_NUMBERS = count(1)

Play = Callable[["Desk"], Coroutine[Any, Any, None]]


class Desk:
    """An adapter with its extras at the still market: 59,994 bid, 60,006 asked."""

    def __init__(self, adapter: BinanceTrading, told: Told) -> None:
        self.adapter, self.told = adapter, told
        self.extras = SpotExtras(adapter.rest)

    def order(self, side: str, kind: str, **terms: Any) -> SpotOrder:
        """An order with an id of ours."""
        named = {"quantity": AMOUNT, **terms}
        return SpotOrder(
            side=side, type=kind, client_id=f"{PREFIX}{next(_NUMBERS)}", **named  # type: ignore[arg-type]
        )  # fmt: skip

    def above(self, price: str = "61000") -> SpotOrder:
        """Takes profit."""
        return self.order("SELL", "LIMIT_MAKER", price=price)

    def below(self) -> SpotOrder:
        """Stops a loss."""
        return self.order("SELL", "STOP_LOSS_LIMIT", price="58000", stop_price="58100")

    async def working(self) -> set[str]:
        """Our ids of what is open at the venue."""
        return {one.order_id for one in await self.adapter.open_orders()}

    async def query(self, order: SpotOrder) -> list[m.Report]:
        """All that the venue knows of an order."""
        found = await self.adapter.query(m.QueryOrder(0, order.client_id, "BINANCE", BTC.id))
        assert found is not None
        return found


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("binance", "--still", "--rates", "10") as running:
        yield running


@asynccontextmanager
async def desk_of(venue: LocalVenue, account: str) -> AsyncIterator[Desk]:
    told = Told()
    adapter = BinanceTrading(
        "spot",
        local_hosts(venue.address),
        Keys(*(Secret(venue.account(account)[part]) for part in ("key", "secret"))),
        [BTC],
        clock=RealClock(),
        chance=no_chance,
        id_prefix=PREFIX,
    )
    await adapter.start(told.take)
    try:
        yield Desk(adapter, told)
    finally:
        await adapter.cancel_all(BTC.id)
        await adapter.close()


def play(venue: LocalVenue, scene: Callable[[Desk, Desk], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        async with desk_of(venue, "demo") as desk, desk_of(venue, "second") as other:
            await trade_at(desk, other, "60000")
            await scene(desk, other)

    asyncio.run(whole())


async def trade_at(desk: Desk, other: Desk, price: str) -> None:
    """Let the last price be this one, whatever was traded before."""
    await desk.extras.place(SYMBOL, desk.order("BUY", "LIMIT", price=price))
    await other.extras.place(SYMBOL, other.order("SELL", "LIMIT", price=price))


def ids(answer: OrderListAnswer) -> set[str]:
    return {report.client_order_id for report in answer.order_reports}


def test_of_a_pair_the_leg_that_fills_ends_the_other(venue: LocalVenue) -> None:
    async def scene(desk: Desk, other: Desk) -> None:
        above, below = desk.above("60001"), desk.below()
        answer = await desk.extras.place_oco(SYMBOL, above=above, below=below, list_id="pair-1")
        assert (answer.contingency_type, answer.list_order_status) == ("OCO", "EXECUTING")
        assert ids(answer) == {above.client_id, below.client_id} == await desk.working()
        await other.extras.place(SYMBOL, other.order("BUY", "LIMIT", price="60001"))
        await desk.told.until(lambda: desk.told.filled(above.client_id) == UNITS)
        await desk.told.until(lambda: desk.told.has(below.client_id, m.OrderExpired))
        assert await desk.working() == set()
        assert isinstance((await desk.query(below))[-1], m.OrderExpired)

    play(venue, scene)


def test_a_pair_is_canceled_by_its_list_or_by_one_leg(venue: LocalVenue) -> None:
    async def scene(desk: Desk, _: Desk) -> None:
        for by_list in ("pair-2", ""):
            above, below = desk.above(), desk.below()
            name = by_list or "pair-3"
            await desk.extras.place_oco(SYMBOL, above=above, below=below, list_id=name)
            if by_list:
                answer = await desk.extras.cancel_list(SYMBOL, by_list)
                assert answer.list_order_status == "ALL_DONE"
            else:
                # the venue answers with the whole list, in which the order stands twice
                await desk.adapter.cancel(m.CancelOrder(0, above.client_id, "BINANCE", BTC.id))
            for leg in (above, below):
                await desk.told.until(
                    lambda name=leg.client_id: desk.told.has(name, m.OrderCanceled)  # type: ignore[misc]
                )
            assert await desk.working() == set()

    play(venue, scene)


def test_a_pair_on_the_wrong_sides_is_refused_whole(venue: LocalVenue) -> None:
    async def scene(desk: Desk, _: Desk) -> None:
        below = desk.order("SELL", "STOP_LOSS", stop_price="62000")
        with pytest.raises(Refused):
            await desk.extras.place_oco(SYMBOL, above=desk.above(), below=below, list_id="pair-4")
        assert await desk.working() == set()

    play(venue, scene)


def test_a_pending_order_begins_once_the_working_one_is_filled(venue: LocalVenue) -> None:
    async def scene(desk: Desk, other: Desk) -> None:
        working = desk.order("BUY", "LIMIT", price="60002")
        pending = desk.above()
        answer = await desk.extras.place_oto(
            SYMBOL, working=working, pending=pending, list_id="then-1"
        )
        states = {one.client_order_id: one.status for one in answer.order_reports}
        assert states == {working.client_id: "NEW", pending.client_id: "PENDING_NEW"}
        await other.extras.place(SYMBOL, other.order("SELL", "LIMIT", price="60002"))
        await desk.told.until(lambda: desk.told.filled(working.client_id) == UNITS)
        await desk.told.until(lambda: desk.told.has(pending.client_id, m.OrderAccepted))
        assert await desk.working() == {pending.client_id}

    play(venue, scene)


def test_a_bracket_begins_with_its_entry(venue: LocalVenue) -> None:
    async def scene(desk: Desk, _: Desk) -> None:
        entry = desk.order("BUY", "LIMIT", price="60010")
        above, below = desk.above(), desk.below()
        answer = await desk.extras.place_otoco(
            SYMBOL, working=entry, above=above, below=below, list_id="bracket-1"
        )
        assert ids(answer) == {entry.client_id, above.client_id, below.client_id}
        await desk.told.until(lambda: desk.told.filled(entry.client_id) == UNITS)
        assert await desk.working() == {above.client_id, below.client_id}
        await desk.extras.cancel_list(SYMBOL, "bracket-1")
        assert await desk.working() == set()

    play(venue, scene)


def test_cancel_and_replace_does_both_or_says_which_half(venue: LocalVenue) -> None:
    async def scene(desk: Desk, _: Desk) -> None:
        first = desk.order("BUY", "LIMIT", price="50000")
        second = desk.order("BUY", "LIMIT", price="51000")
        await desk.extras.place(SYMBOL, first)
        answer = await desk.extras.cancel_replace(SYMBOL, first.client_id, second)
        assert (answer.cancel_result, answer.new_order_result) == ("SUCCESS", "SUCCESS")
        await desk.told.until(lambda: desk.told.has(first.client_id, m.OrderCanceled))
        assert await desk.working() == {second.client_id}
        too_large = desk.order("BUY", "LIMIT", price="51000", quantity="100")
        answer = await desk.extras.cancel_replace(
            SYMBOL, second.client_id, too_large, mode="ALLOW_FAILURE"
        )
        assert (answer.cancel_result, answer.new_order_result) == ("SUCCESS", "FAILURE")
        assert b"-2010" in bytes(answer.new_order_response)
        nothing = await desk.extras.cancel_replace(SYMBOL, second.client_id, first)
        assert (nothing.cancel_result, nothing.new_order_result) == ("FAILURE", "NOT_ATTEMPTED")
        assert await desk.working() == set()

    play(venue, scene)


def test_an_amendment_keeps_its_place_in_the_queue(venue: LocalVenue) -> None:
    async def scene(desk: Desk, other: Desk) -> None:
        first, behind = (one.order("BUY", "LIMIT", price="59999") for one in (desk, other))
        double = desk.order("BUY", "LIMIT", price="59999", quantity="0.02")
        await desk.extras.place(SYMBOL, double)
        await other.extras.place(SYMBOL, behind)
        await desk.adapter.amend(
            m.AmendOrder(0, double.client_id, "BINANCE", BTC.id, UNITS, 5_999_900, 1)
        )
        await other.extras.place(SYMBOL, other.order("SELL", "LIMIT", price="60003"))
        seller = desk.order("SELL", "LIMIT", price="59999", self_trade_prevention="NONE")
        await other.extras.place(SYMBOL, seller)
        await desk.told.until(lambda: desk.told.filled(double.client_id) == UNITS)
        assert other.told.filled(behind.client_id) == 0
        assert first.client_id not in await desk.working()
        answers = [one.number for one in desk.told.reports if isinstance(one, m.OrderAmended)]
        assert answers == [1]

    play(venue, scene)


def test_a_routed_order_is_told_the_same_on_every_way(venue: LocalVenue) -> None:
    async def scene(desk: Desk, _: Desk) -> None:
        order = desk.order("BUY", "MARKET")
        answer: OrderAnswer = await desk.extras.place_by_router(SYMBOL, order)
        assert (answer.status, answer.used_sor) == ("FILLED", True)
        await desk.told.until(lambda: desk.told.filled(order.client_id) == UNITS)
        asked = [one for one in await desk.query(order) if isinstance(one, m.OrderFilled)]
        heard = [one for one in desk.told.of(order.client_id) if isinstance(one, m.OrderFilled)]
        assert asked == heard

    play(venue, scene)
