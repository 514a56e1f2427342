"""What every venue's trading must do: inherit `TradingSuite` and say where it plays.

The cases are numbered; a document that speaks of one names its number. Cases with a fault are
skipped by name where the venue cannot play it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractContextManager, suppress

import pytest

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.orders import OrderFlag, OrderType, Side
from tradewind.ports.trading import Refused
from tradewind.testing.amendment_suite import AmendmentCases, Case
from tradewind.testing.trading_stage import DEADLINE_S, PREFIX, Scene, TradingStage

ENDED = m.OrderCanceled | m.OrderRejected | m.OrderExpired
SKEW_NS_MIN = 1_000_000_000
"""Less than a venue's clock is set off by `skew`."""


class TradingSuite(AmendmentCases):
    """Subclass it as `Test...` beside the adapter."""

    def stage(self) -> AbstractContextManager[TradingStage]:
        """A venue with an account."""
        raise NotImplementedError

    def play(self, case: Case, *, needs: str = "") -> None:
        """Run a case against a started adapter, and close it."""
        with self.stage() as stage:
            missing = set(needs.split()) - stage.faults
            if missing:
                pytest.skip(f"this venue cannot play {', '.join(sorted(missing))}")
            asyncio.run(_played(stage, case))

    # --- the life of an order ---------------------------------------------------------------

    def test_t01_an_order_that_rests_is_accepted_and_canceled(self) -> None:
        async def case(scene: Scene) -> None:
            order = await scene.rest()
            await scene.cancel(order)
            kinds = [type(report) for report in scene.told.of(order.order_id)]
            assert kinds == [m.OrderAccepted, m.OrderCanceled]

        self.play(case)

    def test_t02_a_market_order_is_filled_whole_and_each_fill_is_told_once(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.market_order()
            await scene.adapter.submit(order)
            await scene.told.until(lambda: scene.told.filled(order.order_id) == order.quantity)
            await asyncio.sleep(0.3)
            fills = [one for one in scene.told.of(order.order_id) if isinstance(one, m.OrderFilled)]
            assert max(Counter(fill.fill_id for fill in fills).values()) == 1
            assert all(fill.price > 0 and fill.fee_currency for fill in fills)
            assert not any(isinstance(one, ENDED) for one in scene.told.of(order.order_id))

        self.play(case)

    def test_t03_a_cancel_of_nothing_is_refused(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.order(order_id=f"{PREFIX}none")
            command = m.CancelOrder(0, order.order_id, order.venue, order.instrument)
            try:
                await scene.adapter.cancel(command)
            except Refused:
                return
            assert scene.told.has(order.order_id, m.CancelRejected)

        self.play(case)

    def test_t04_an_order_beyond_the_account_is_refused_with_the_venues_words(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.order(quantity=scene.stage.quantity * 100_000)
            with pytest.raises(Refused) as raised:
                await scene.adapter.submit(order)
            assert str(raised.value)
            assert scene.told.of(order.order_id) == []

        self.play(case, needs="refusals")

    def test_t05_a_question_tells_the_whole_life_of_an_order(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.market_order()
            await scene.adapter.submit(order)
            await scene.told.until(lambda: scene.told.filled(order.order_id) == order.quantity)
            found = await scene.resolve(order)
            assert found is not None
            fills = [report for report in found if isinstance(report, m.OrderFilled)]
            assert sum(fill.quantity for fill in fills) == order.quantity
            told = {one.fill_id for one in scene.told.reports if isinstance(one, m.OrderFilled)}
            assert {fill.fill_id for fill in fills} <= told

        self.play(case)

    def test_t06_an_order_that_never_was_is_not_found(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.order(order_id=f"{PREFIX}never")
            command = m.QueryOrder(0, order.order_id, order.venue, order.instrument)
            assert await scene.adapter.query(command) is None

        self.play(case)

    def test_t07_open_orders_show_what_rests_until_it_is_canceled(self) -> None:
        async def case(scene: Scene) -> None:
            order = await scene.rest()
            (found,) = [
                one for one in await scene.adapter.open_orders() if one.order_id == order.order_id
            ]
            assert (found.instrument, found.side) == (order.instrument, Side.BUY)
            assert (found.quantity, found.limit_price) == (order.quantity, order.limit_price)
            assert (found.type, found.filled_quantity) == (OrderType.LIMIT, 0)
            await scene.cancel(order)
            ids = [one.order_id for one in await scene.adapter.open_orders()]
            assert order.order_id not in ids

        self.play(case)

    def test_t08_executions_are_listed_as_they_were_told(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.market_order()
            await scene.adapter.submit(order)
            await scene.told.until(lambda: scene.told.filled(order.order_id) == order.quantity)
            told = {
                (one.fill_id, one.price, one.quantity, one.fee, one.fee_currency)
                for one in scene.told.of(order.order_id)
                if isinstance(one, m.OrderFilled)
            }
            listed = {
                (one.fill_id, one.price, one.quantity, one.fee, one.fee_currency)
                for one in await scene.adapter.fills(order.instrument, since_ns=0)
            }
            assert told <= listed

        self.play(case)

    def test_t09_cancel_all_leaves_nothing_open(self) -> None:
        async def case(scene: Scene) -> None:
            orders = [await scene.rest() for _ in range(3)]
            await scene.adapter.cancel_all(scene.stage.instrument.id)
            await scene.told.until(
                lambda: all(scene.told.has(one.order_id, m.OrderCanceled) for one in orders)
            )
            await scene.adapter.cancel_all(scene.stage.instrument.id)
            assert await scene.adapter.open_orders() == []

        self.play(case)

    def test_t10_balances_move_by_what_was_paid(self) -> None:
        async def case(scene: Scene) -> None:
            currency = scene.stage.instrument.currency
            before = {one.currency: one for one in await scene.adapter.balances()}
            order = scene.market_order()
            await scene.adapter.submit(order)
            await scene.told.until(lambda: scene.told.filled(order.order_id) == order.quantity)
            after = {one.currency: one for one in await scene.adapter.balances()}
            assert after[currency].total < before[currency].total
            # behind contracts a profit that is not taken yet may be used too
            if scene.stage.instrument.kind != "perpetual":
                assert after[currency].free <= after[currency].total

        self.play(case, needs="balances")

    def test_t11_the_key_may_trade_and_not_withdraw(self) -> None:
        async def case(scene: Scene) -> None:
            rights = await scene.adapter.permissions()
            assert rights.can_trade
            assert rights.can_withdraw is not True
            assert await scene.adapter.closed_instruments() == {}

        self.play(case)

    def test_t12_a_smaller_quantity_is_amended_and_told(self) -> None:
        async def case(scene: Scene) -> None:
            order = await scene.rest()
            smaller = order.quantity // 2
            smaller -= smaller % scene.stage.instrument.lot_units
            await scene.adapter.amend(
                m.AmendOrder(0, order.order_id, order.venue, order.instrument, smaller, 0)
            )
            await scene.told.until(lambda: scene.told.has(order.order_id, m.OrderAmended))
            amended = [one for one in scene.told.reports if isinstance(one, m.OrderAmended)]
            assert amended[-1].quantity == smaller
            await scene.cancel(order)

        self.play(case)

    def test_t13_a_post_only_order_that_would_take_is_refused_or_ends(self) -> None:
        async def case(scene: Scene) -> None:
            price = scene.stage.passive_price * 2
            price -= price % scene.stage.instrument.tick_units
            order = scene.order(limit_price=price, flags=OrderFlag.POST_ONLY)
            try:
                await scene.adapter.submit(order)
            except Refused:
                return
            await scene.told.until(
                lambda: any(isinstance(one, ENDED) for one in scene.told.of(order.order_id))
            )
            assert scene.told.filled(order.order_id) == 0

        self.play(case)

    def test_t14_many_orders_at_once_are_each_told_apart(self) -> None:
        async def case(scene: Scene) -> None:
            orders = [scene.order() for _ in range(20)]
            await asyncio.gather(*(scene.adapter.submit(order) for order in orders))
            await scene.told.until(
                lambda: all(scene.told.has(one.order_id, m.OrderAccepted) for one in orders)
            )
            for order in orders:
                await scene.cancel(order)

        self.play(case)

    # --- faults -----------------------------------------------------------------------------

    @pytest.mark.parametrize("fault", ["reply_lost", "reply_dropped"])
    def test_t20_a_lost_answer_leaves_it_unknown_and_a_question_finds_the_order(
        self, fault: str
    ) -> None:
        async def case(scene: Scene) -> None:
            scene.stage.strike(fault)
            order = scene.order()
            with pytest.raises((OutsideError, TimeoutError)):
                await scene.adapter.submit(order)
            found = await scene.resolve(order)
            assert found is not None
            assert isinstance(found[0], m.OrderAccepted)
            assert scene.stage.orders_at_venue(order.order_id) in (1, None)
            await scene.cancel(order)

        self.play(case, needs=fault)

    def test_t21_an_order_that_was_lost_on_its_way_is_never_found_nor_repeated(self) -> None:
        async def case(scene: Scene) -> None:
            scene.stage.strike("request_lost")
            order = scene.order()
            with pytest.raises((OutsideError, TimeoutError)):
                await scene.adapter.submit(order)
            assert await scene.resolve(order) is None
            assert scene.stage.orders_at_venue(order.order_id) in (0, None)

        self.play(case, needs="request_lost")

    @pytest.mark.parametrize("fault", ["duplicate", "late", "reordered"])
    def test_t22_reports_twice_late_or_out_of_order_count_once(self, fault: str) -> None:
        async def case(scene: Scene) -> None:
            scene.stage.strike(fault)
            orders = [scene.market_order() for _ in range(3)]
            for order in orders:
                await scene.adapter.submit(order)
            await asyncio.sleep(1.0)
            for order in orders:
                assert scene.told.filled(order.order_id) == order.quantity
                fills = [
                    one for one in scene.told.of(order.order_id) if isinstance(one, m.OrderFilled)
                ]
                assert len({fill.fill_id for fill in fills}) == len(fills)

        self.play(case, needs=fault)

    def test_t23_a_lost_report_is_found_by_a_question(self) -> None:
        async def case(scene: Scene) -> None:
            order = await scene.rest()
            scene.stage.strike("lost")
            command = m.CancelOrder(0, order.order_id, order.venue, order.instrument)
            await scene.adapter.cancel(command)
            found = await scene.resolve(order)
            assert found is not None
            assert isinstance(found[-1], m.OrderCanceled)

        self.play(case, needs="lost")

    def test_t24_behind_a_cut_reports_come_again_and_the_count_tells_of_it(self) -> None:
        async def case(scene: Scene) -> None:
            connections = scene.adapter.connection.count
            scene.stage.strike("cut")
            async with asyncio.timeout(DEADLINE_S):
                while (
                    scene.adapter.connection.count <= connections
                    or not scene.adapter.connection.is_up
                ):
                    await asyncio.sleep(0.02)
            order = await scene.rest()
            await scene.cancel(order)

        self.play(case, needs="cut")

    def test_t25_a_fill_behind_a_cancel_is_told(self) -> None:
        async def case(scene: Scene) -> None:
            order = await scene.rest()
            scene.stage.strike("fill_after_cancel")
            await scene.cancel(order)
            await scene.told.until(lambda: scene.told.filled(order.order_id) > 0)
            found = await scene.resolve(order)
            fills = [one for one in found or [] if isinstance(one, m.OrderFilled)]
            assert sum(one.quantity for one in fills) == scene.told.filled(order.order_id)

        self.play(case, needs="fill_after_cancel")

    def test_t26_a_rate_refusal_is_obeyed_and_does_not_leave_an_order_unknown(self) -> None:
        async def case(scene: Scene) -> None:
            scene.stage.strike("rate_limit")
            order = scene.order()
            with pytest.raises(Refused):
                await scene.adapter.submit(order)
            assert scene.stage.orders_at_venue(order.order_id) in (0, None)
            await asyncio.sleep(1.2)
            await scene.cancel(await scene.rest())

        self.play(case, needs="rate_limit")

    def test_t27_a_clock_that_is_off_is_refused_learned_and_then_right(self) -> None:
        async def case(scene: Scene) -> None:
            scene.stage.strike("skew")
            with suppress(Refused):
                await scene.adapter.submit(scene.order())
                # Taken: then the adapter asked the clock for reasons of its own just before.
                offset_ns = scene.adapter.connection.clock_offset_ns
                assert offset_ns is not None
                assert abs(offset_ns) >= SKEW_NS_MIN
            async with asyncio.timeout(DEADLINE_S):
                while not await _is_taken(scene):
                    await asyncio.sleep(0.2)

        self.play(case, needs="skew")

    def test_t28_an_iceberg_is_open_with_all_of_it_or_refused(self) -> None:
        async def case(scene: Scene) -> None:
            order = scene.iceberg()
            try:
                await scene.adapter.submit(order)
            except Refused:
                assert scene.stage.orders_at_venue(order.order_id) in (0, None)
                return
            await scene.told.until(lambda: scene.told.has(order.order_id, m.OrderAccepted))
            works = {one.order_id: one for one in await scene.adapter.open_orders()}
            assert works[order.order_id].quantity == order.quantity
            found = await scene.resolve(order)
            assert found is not None
            assert isinstance(found[-1], m.OrderRestated)
            await scene.cancel(order)

        self.play(case)


async def _is_taken(scene: Scene) -> bool:
    try:
        await scene.cancel(await scene.rest())
    except Refused:
        return False
    return True


async def _played(stage: TradingStage, case: Case) -> None:
    adapter = stage.trading()
    scene = Scene(stage, adapter)
    await adapter.start(scene.told.take)
    try:
        await case(scene)
    finally:
        await adapter.close()
