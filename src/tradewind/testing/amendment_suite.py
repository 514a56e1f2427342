"""What every venue's trading must do with amendments: a part of the suite of trading.

The cases are numbered with those of `TradingSuite`; each needs `amendments` of its stage.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.testing.trading_stage import DEADLINE_S, Scene

Case = Callable[[Scene], Coroutine[Any, Any, None]]


class AmendmentCases:
    """Its cases are played by `TradingSuite`."""

    def play(self, case: Case, *, needs: str = "") -> None:
        """Run a case against a started adapter where its stage has what it needs."""
        raise NotImplementedError

    def test_t15_each_amendment_is_answered_by_its_number_and_a_question_states_the_terms(
        self,
    ) -> None:
        async def case(scene: Scene) -> None:
            order = scene.order(quantity=4 * scene.stage.quantity)
            await scene.adapter.submit(order)
            await scene.told.until(lambda: scene.told.has(order.order_id, m.OrderAccepted))
            for number in (1, 2):
                await scene.adapter.amend(amendment(scene, order, number))
            await asyncio.sleep(0.3)
            amended = [one for one in scene.told.reports if isinstance(one, m.OrderAmended)]
            told = {(one.number, one.quantity) for one in amended}
            assert told == {(number, amended_quantity(scene, number)) for number in (1, 2)}
            assert len(amended) == 2
            (restated,) = await restatements(scene, order, amends=2)
            assert (restated.quantity, restated.amends) == (amended_quantity(scene, 2), 2)
            assert restated.limit_price == order.limit_price
            await scene.cancel(order)

        self.play(case, needs="amendments")

    def test_t16_an_end_states_what_was_filled(self) -> None:
        async def case(scene: Scene) -> None:
            order = await scene.rest()
            await scene.cancel(order)
            found = await scene.resolve(order) or []
            told = [*scene.told.of(order.order_id), *found]
            ends = [one.filled_quantity for one in told if isinstance(one, m.OrderCanceled)]
            assert set(ends) == {0}

        self.play(case, needs="amendments")

    def test_t28_terms_are_stated_only_once_no_amendment_can_take_effect_any_more(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.order(quantity=4 * scene.stage.quantity)
            await scene.adapter.submit(order)
            scene.stage.strike("request_lost")
            with pytest.raises((OutsideError, TimeoutError)):
                await scene.adapter.amend(amendment(scene, order, 1))
            lost_s = asyncio.get_running_loop().time()
            (restated,) = await restatements(scene, order, amends=1)
            assert asyncio.get_running_loop().time() >= lost_s + scene.adapter.silence_s
            assert (restated.quantity, restated.amends) == (order.quantity, 1)
            await scene.cancel(order)

        self.play(case, needs="amendments request_lost")

    def test_t29_an_amendment_whose_answer_is_lost_is_found_in_the_terms(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.order(quantity=4 * scene.stage.quantity)
            await scene.adapter.submit(order)
            scene.stage.strike("reply_lost")
            with pytest.raises((OutsideError, TimeoutError)):
                await scene.adapter.amend(amendment(scene, order, 1))
            (restated,) = await restatements(scene, order, amends=1)
            assert restated.quantity == amended_quantity(scene, 1)
            await scene.cancel(order)

        self.play(case, needs="amendments reply_lost")


def amendment(scene: Scene, order: m.SubmitOrder, number: int) -> m.AmendOrder:
    """Each one asks for less."""
    quantity = amended_quantity(scene, number)
    return m.AmendOrder(
        0, order.order_id, order.venue, order.instrument, quantity, order.limit_price, number
    )


def amended_quantity(scene: Scene, number: int) -> int:
    """What the n-th amendment of four times the quantity asks for."""
    return (4 - number) * scene.stage.quantity


async def restatements(scene: Scene, order: m.SubmitOrder, *, amends: int) -> list[m.OrderRestated]:
    """The terms that questions state, asked until the venue tells them."""
    command = m.QueryOrder(0, order.order_id, order.venue, order.instrument, amends)
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                found = await scene.adapter.query(command)
            except OutsideError:
                await asyncio.sleep(0.1)
            else:
                return [one for one in found or [] if isinstance(one, m.OrderRestated)]
