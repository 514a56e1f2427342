"""Invariant I7 with strategies in bridges: over real captures they decide as in the core."""

from __future__ import annotations

import asyncio
from itertools import islice

import pytest

from tests.recorded.binance_captures import SPOT, USDM, capture, needs_real_data
from tests.runtime.split_core import SplitCore
from tradewind.adapters.binance.capture import read_capture
from tradewind.adapters.binance.instruments import KNOWN
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.strategies.market_maker import MarketMaker

pytestmark = [needs_real_data, pytest.mark.long]
ROWS = 2_000
BATCHES_AT_ONCE = 40


def eager(parameters: dict[str, str]) -> MarketMaker:
    """A market maker that quotes closely and often, so that there is something to compare."""
    return MarketMaker(spread_share=0.00001, move_share=0.00001, pause_ms=20, **parameters)


class Exchange:
    """Accepts and cancels what it is sent, and fills a limit that a quote reaches."""

    def __init__(self, core: SplitCore) -> None:
        self._core = core
        self._sent: list[m.Record] = []
        core.loop.listeners.append(lambda turn: self._sent.extend(turn.commands))

    async def react(self) -> None:
        """Answer what was sent since the last time, then look at the quote."""
        core = self._core
        while self._sent:
            commands, self._sent[:] = list(self._sent), []
            for command in commands:
                if isinstance(command, m.SubmitOrder):
                    await core.step(m.OrderAccepted(0, command.order_id, "v" + command.order_id))
                elif isinstance(command, m.CancelOrder):
                    await core.step(m.OrderCanceled(0, command.order_id))
        state = core.engine.state
        for order in list(state.open_orders.values()):
            market = state.markets[order.instrument]
            is_reached = (
                0 < market.ask <= order.limit_price
                if order.side > 0
                else market.bid >= order.limit_price
            )
            if is_reached:
                name = order.order_id
                await core.step(
                    m.OrderFilled(0, name, "f" + name, order.limit_price, order.quantity, 0,
                                  core.instrument.currency, 1)
                )  # fmt: skip


def rows_of(name: str, instrument_id: str) -> list[Columns]:
    """The quotes and trades of a capture, as they came."""
    batches = read_capture(capture(name), KNOWN[instrument_id])
    return list(islice((one for one in batches if one.kind in ("quotes", "trades")), ROWS))


def single_rows(batch: Columns) -> list[Columns]:
    """A batch as batches of one row."""
    return [batch.cut(row, row + 1) for row in range(len(batch))]


def equity_of(core: SplitCore) -> int:
    """What the account is worth."""
    state = core.engine.state
    return state.equity(state.accounts[0])


def decided(batches: list[Columns], *, is_apart: bool, at_once: int = 1) -> SplitCore:
    """Play batches, so many in a turn."""

    async def whole() -> SplitCore:
        instrument = batches[0].instrument
        core = SplitCore(instrument=instrument, make=eager)
        core.clock_ns = int(batches[0].time_ns[0]) // 10**9 * 10**9
        await (core.set_up() if is_apart else core.set_up_alone())
        exchange = Exchange(core)
        for start in range(0, len(batches), at_once):
            for batch in batches[start : start + at_once]:
                core.clock_ns = max(core.clock_ns, int(batch.time_ns[-1]))
                core.loop.offer_rows(batch)
            await core.settle()
            await exchange.react()
        return core

    return asyncio.run(whole())


@pytest.mark.parametrize(
    ("name", "instrument_id"), [(SPOT, "BTC/USDT.BINANCE"), (USDM, "ETH/USDT.BINANCE-USDM")]
)
def test_a_bridge_decides_over_a_capture_as_the_core_does(name: str, instrument_id: str) -> None:
    batches = [one for batch in rows_of(name, instrument_id) for one in single_rows(batch)][:ROWS]
    one, other = decided(batches, is_apart=False), decided(batches, is_apart=True)
    assert len(one.ids()) > 20
    assert other.decided() == one.decided()
    assert other.lender.refused == other.lender.void == 0
    assert equity_of(one) == equity_of(other)


def test_where_rows_come_faster_each_decision_still_saw_its_own_row() -> None:
    batches = rows_of(SPOT, "BTC/USDT.BINANCE")
    one = decided(batches, is_apart=False, at_once=BATCHES_AT_ONCE)
    other = decided(batches, is_apart=True, at_once=BATCHES_AT_ONCE)
    first = [
        next(each for each in core.records() if isinstance(each, m.OrderIntended))
        for core in (one, other)
    ]
    assert first[0].limit_price == first[1].limit_price
    assert first[0].time_ns <= first[1].time_ns
    assert other.lender.refused == other.lender.void == 0
    assert other.ids() == list(range(1, len(other.ids()) + 1))
