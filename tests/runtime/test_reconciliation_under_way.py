"""Reconciliation while orders are under way: nothing is said of what has no outcome yet."""

import asyncio

import msgspec

from tests.runtime.venue_engine import COIN, VenueEngine, kinds, through
from tradewind.model import messages as m
from tradewind.model.orders import OrderState
from tradewind.model.venue_account import VenueFill


async def slow_order(engine: VenueEngine, price: int) -> asyncio.Event:
    """An order that the venue takes at once and tells of once the event is set.

    As at many venues, its executions are listed by the venue's own number of the order.
    """
    answered = asyncio.Event()
    told: list[m.Report] = []
    submit, fills = engine.paper.submit, engine.paper.fills

    async def submit_slowly(command: m.SubmitOrder) -> None:
        await engine.paper.start(told.append)
        await submit(command)
        await answered.wait()
        await engine.paper.start(engine.loop.offer)
        for report in told:
            engine.loop.offer(report)

    async def unnamed_fills(instrument: str, *, since_ns: int) -> list[VenueFill]:
        listed = await fills(instrument, since_ns=since_ns)
        return [msgspec.structs.replace(each, order_id="") for each in listed]

    engine.paper.submit = submit_slowly  # type: ignore[method-assign]
    engine.paper.fills = unnamed_fills  # type: ignore[method-assign]
    await engine.order(1, price)
    return answered


async def looks_of(engine: VenueEngine, count: int) -> None:
    """So many looks, a second apart."""
    for _ in range(count):
        await asyncio.sleep(1)
        assert await engine.reconciliation.look()
        await engine.loop.turn()


def test_an_order_whose_answer_is_under_way_is_neither_gone_nor_money_that_nothing_explains() -> (
    None
):
    async def scenario(engine: VenueEngine) -> None:
        answered = await slow_order(engine, 103)
        await looks_of(engine, 4)
        assert engine.state.orders["j0-person-1"].state == OrderState.PENDING_NEW
        answered.set()
        await asyncio.sleep(0.1)
        await looks_of(engine, 2)

    engine = through(scenario)
    assert kinds(engine)[2:] == []
    assert engine.told(m.OrderUnknown) == []
    assert engine.state.orders["j0-person-1"].state == OrderState.FILLED
    assert not engine.state.halts


def test_an_order_that_waits_here_for_its_turn_is_not_gone() -> None:
    async def scenario(engine: VenueEngine) -> None:
        with engine.dispatch.blocked():
            await engine.order(1, 90)
            await looks_of(engine, 5)
            assert await engine.paper.open_orders() == []
        await asyncio.sleep(0.1)
        await looks_of(engine, 5)
        assert len(await engine.paper.open_orders()) == 1

    engine = through(scenario)
    assert kinds(engine)[2:] == []
    assert engine.told(m.OrderUnknown) == []


def test_an_order_that_the_venue_is_asked_about_is_not_told_again_at_each_look() -> None:
    async def scenario(engine: VenueEngine) -> None:
        name = await engine.order(1, 90)
        query, gate = engine.paper.query, asyncio.Event()

        async def query_slowly(command: m.QueryOrder) -> list[m.Report] | None:
            await gate.wait()
            return await query(command)

        engine.paper.query = query_slowly  # type: ignore[method-assign]
        await engine.paper.start(lambda report: None)
        await engine.paper.cancel(m.CancelOrder(0, name, "SIM", COIN.id))
        await looks_of(engine, 8)
        assert engine.state.orders[name].state == OrderState.UNKNOWN
        gate.set()
        await asyncio.sleep(0.1)
        await looks_of(engine, 1)

    engine = through(scenario)
    assert kinds(engine)[2:] == ["order_gone"]
    assert len(engine.told(m.OrderUnknown)) == 1
    assert engine.state.orders["j0-person-1"].state == OrderState.CANCELED
