"""People see the orders that the core holds beside those that work."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Side
from tradewind.runtime.desk import Desk

GOOG = Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")


class Looping:
    """What a desk needs of a loop: an engine, and where to listen."""

    def __init__(self) -> None:
        self.engine = Engine(State())
        self.listeners: list[Any] = []

    async def submit(self, event: m.ControlEvent) -> list[Any]:
        return list(self.engine.step(event))


def desk_of(loop: Looping) -> Desk:
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, GOOG),
        m.AccountOpened(1, "main", "USD"),
        m.StrategyRegistered(1, "manual", "main", "", {}),
        m.ConditionalIntended(
            5,
            "j0-manual-1",
            "manual",
            GOOG.id,
            Side.SELL,
            3,
            m.Trigger.STOP,
            trigger_price=9_500,
            limit_price=9_400,
        ),
    ):
        loop.engine.step(event)
    return Desk(cast(Any, loop), cast(Any, None), mode="paper", now_ns=lambda: 0)


def test_a_held_order_is_a_row() -> None:
    desk = desk_of(Looping())
    (row,) = desk.open_orders()
    assert desk.orders() == [row]
    assert (row["state"], row["type"], row["side"]) == ("HELD", "STOP", "SELL")
    assert (row["order_id"], row["strategy"]) == ("j0-manual-1", "manual")
    assert (row["quantity"], row["leaves_quantity"], row["limit_price"]) == ("3", "3", "94.00")


def test_a_person_may_cancel_it() -> None:
    desk = desk_of(Looping())
    asyncio.run(desk.submit(m.CancelIntended(6, "manual", "j0-manual-1")))
    assert desk.open_orders() == []


def test_an_order_that_is_not_there_cannot_be_canceled() -> None:
    desk = desk_of(Looping())
    with pytest.raises(UserError, match="there is no open order 'j0-manual-9'"):
        asyncio.run(desk.submit(m.CancelIntended(6, "manual", "j0-manual-9")))
