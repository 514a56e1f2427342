"""Strategies in bridges: the same decisions as in the core, and none twice whoever dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.runtime.split_core import GOOG, Dipper, SplitCore
from tradewind.core.snapshot import state_hash
from tradewind.model import messages as m
from tradewind.model.errors import Inconsistent
from tradewind.model.limits import Limits
from tradewind.model.orders import Side, Sizing
from tradewind.runtime import loop
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover
from tradewind.runtime.redecide import Fresh, redecide


def played(play: Callable[[SplitCore], Awaitable[None]], room: int = 1_000) -> SplitCore:
    """A core that was played with; its journal folds to its state."""

    async def whole() -> SplitCore:
        core = SplitCore(room)
        await play(core)
        return core

    core = asyncio.run(whole())
    folded = recover(core.journal, Recorder(core.segments)).state
    assert state_hash(folded) == state_hash(core.engine.state)
    return core


def test_a_bridge_decides_what_the_core_would_have() -> None:
    async def alone(core: SplitCore) -> None:
        await core.set_up_alone()
        await core.trade(60)

    async def apart(core: SplitCore) -> None:
        await core.set_up()
        await core.trade(60)

    one, other = played(alone), played(apart)
    assert len([each for each in one.decided() if isinstance(each, m.OrderFilled)]) > 10
    assert other.decided()[1:] == one.decided()[1:]  # the first timer was set at another time
    assert other.lender.refused == 0


def test_wishes_upon_several_rows_of_a_batch_take_effect_behind_the_batch() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        core.now_ms += 100
        await core.quote(9_990, 10_005, 9_980)

    core = played(play)
    intended = [one for one in core.records() if isinstance(one, m.OrderIntended)]
    assert [one.limit_price for one in intended] == [9_990, 9_980]
    at = [type(one) for one in core.records()]
    assert at.index(m.OrderIntended) > at.index(m.MarketRecorded)
    assert at.count(m.MarketRecorded) == 1


def test_a_journal_of_bridges_is_folded_but_not_decided_again() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        await core.quote(9_990, 10_005, 9_980)
        await core.trade(5)

    def fresh(registered: m.StrategyRegistered) -> Fresh:
        return Fresh(Dipper(), [GOOG.id], Sizing.AT_FILL)

    core = played(play)
    found = redecide(core.journal, Recorder(core.segments), fresh)
    assert (found.runs, found.runs_again) == (1, 0)
    assert found.intents > 5

    async def unmarked(core: SplitCore) -> None:
        core.program = "tradewind"
        await play(core)

    core = played(unmarked)
    with pytest.raises(Inconsistent, match="deciding again gives"):
        redecide(core.journal, Recorder(core.segments), fresh)


def test_a_strategy_is_lent_again_only_behind_what_its_last_bridge_sent() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(bridges=2)
        await core.trade(5)
        first = core.running()
        core.now_ms += 100
        await core.settle()
        core.loop.offer_rows(core.quotes_of(9_980))
        await core.loop.turn()
        first.line.deliver(first.bridge.take)
        core.exchange.deliver(core.lender.take)  # it wants something, which is not durable yet
        first.kill()
        core.now_ms += 2_000
        second = next(one for one in core.bridges if one is not first)
        core.lender.leases.peers[b"bridge %d" % core.bridges.index(second)].heard_s = core.now_s
        core.lender.look()
        core.lender.look()
        assert core.lender.leases.loans["dipper0"].lease == 0
        await core.settle()
        await core.wait(0.2)
        await core.trade(5)

    core = played(play)
    assert core.lender.leases.granted == 2
    assert core.ids() == list(range(1, len(core.ids()) + 1))


def test_bridges_killed_in_turn_double_nothing_and_lose_no_count() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(bridges=2)
        for _ in range(3):
            await core.trade(10)
            running = core.running()
            counted = vars(running.made[-1])["seen"]
            running.kill()
            await core.trade(3)
            await core.let_lease_end()
            core.join()
            await core.wait(0.6)
            assert (
                vars(core.running().made[-1])["seen"] >= counted - 5
            )  # as of the last wish or half second
        await core.trade(10)

    core = played(play)
    assert core.ids() == list(range(1, len(core.ids()) + 1))
    assert len(core.ids()) > 20
    assert core.lender.leases.granted == 4


def test_a_frozen_bridge_that_goes_on_has_no_say_any_more() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(bridges=2)
        await core.trade(5)
        first = core.running()
        first.is_frozen = True
        core.now_ms += 100
        await core.quote(9_980)  # it will want something upon this, when it goes on
        await core.let_lease_end()
        second = next(one for one in core.bridges if one is not first)
        assert second.bridge.strategies == ["dipper0"]
        before = len(core.ids())
        first.is_frozen = False
        await core.settle()
        await core.wait(0.2)
        assert first.bridge.strategies == []
        assert len(core.ids()) == before
        await core.trade(5)

    core = played(play)
    assert core.lender.void > 0
    assert core.ids() == list(range(1, len(core.ids()) + 1))


def test_a_lost_message_ends_the_lease_and_the_strategy_goes_on_from_before_it() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        await core.trade(5)
        bridge = core.bridges[0]
        before, send = len(core.ids()), bridge.line.send
        bridge.line.send = lambda frames: True  # type: ignore[method-assign]
        await core.quote(9_980)
        bridge.line.send = send  # type: ignore[method-assign]
        assert len(core.ids()) == before
        await core.quote(9_981)
        assert len(core.ids()) == before
        await core.wait(0.2)
        await core.quote(9_982)
        assert len(core.ids()) == before + 1

    core = played(play)
    assert core.lender.leases.granted == 2
    assert core.ids() == list(range(1, len(core.ids()) + 1))


def test_wishes_that_the_core_has_no_room_for_never_were(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        await core.trade(3)
        before = len(core.ids())
        monkeypatch.setattr(loop, "EVENTS_WAITING_MAX", 0)
        await core.quote(9_980)
        monkeypatch.undo()
        assert len(core.ids()) == before
        await core.wait(0.2)
        await core.quote(9_981)
        assert len(core.ids()) == before + 1

    assert played(play).lender.leases.granted == 2


def test_a_bridge_that_has_no_room_begins_anew() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        core.bridges[0].is_frozen = True
        for _ in range(8):
            await core.quote(10_002)
        assert core.lender.leases.peers == {}
        core.bridges[0].is_frozen = False
        await core.wait(1.0)
        await core.quote(9_980)

    assert len(played(play, room=4).ids()) == 1


def test_behind_a_restart_of_the_core_what_is_journaled_counts_and_the_rest_never_was() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        await core.trade(6)
        strategy, taken = core.bridges[0].made[0], len(core.ids())
        # journaled, but the core dies before it says so
        send = core.exchange.send
        core.exchange.send = lambda peer, frames: (
            frames[0][1:7] == b"\xa5taken" or send(peer, frames)
        )  # type: ignore[method-assign]
        await core.quote(9_980)
        core.exchange.send = send  # type: ignore[method-assign]
        assert len(core.ids()) == taken + 1
        seen = vars(strategy)["seen"]
        # wanted, but the core dies before it hears of it
        core.bridges[0].line.is_cut = False
        await _step_unheard(core, 9_970)
        assert vars(strategy)["seen"] == seen + 1
        await core.restart()
        await core.wait(3.5)
        heir = core.bridges[0].made[-1]
        assert heir is not strategy
        assert vars(heir)["seen"] == seen
        assert len(core.ids()) == taken + 1
        await core.trade(6)

    core = played(play)
    assert core.ids() == list(range(1, len(core.ids()) + 1))


async def _step_unheard(core: SplitCore, bid: int) -> None:
    """A quote that the bridge hears of, and the core hears nothing of what it wants then."""
    bridge = core.bridges[0]
    send = bridge.line.send
    bridge.line.send = lambda frames: True  # type: ignore[method-assign]
    await core.quote(bid)
    bridge.line.send = send  # type: ignore[method-assign]


def test_a_strategy_that_fails_is_stopped_in_the_core() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(fails_at="3")
        for bid in (10_001, 10_002, 10_003, 9_980):
            await core.quote(bid)

    core = played(play)
    stopped = [one for one in core.records() if isinstance(one, m.StrategyStopped)]
    assert [one.reason for one in stopped] == ["ValueError: that was one too many"]
    assert core.ids() == []
    assert core.bridges[0].bridge.strategies == []


def test_parameters_that_cannot_be_stop_the_strategy_with_a_sentence() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(below="low")

    stopped = [one for one in played(play).records() if isinstance(one, m.StrategyStopped)]
    assert len(stopped) == 1
    assert "below" in stopped[0].reason


def test_strategies_are_shared_among_bridges_and_moved_to_one_that_comes() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(strategies=4)
        assert [len(one.bridge.strategies) for one in core.bridges] == [4]
        await core.trade(4)
        core.join()
        await core.wait(1.0)
        assert [len(one.bridge.strategies) for one in core.bridges] == [2, 2]
        await core.trade(4)
        assert core.lender.void == 0

    assert len(played(play).ids()) > 8


def test_a_run_that_ends_calls_on_stop_where_the_strategy_is() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        await core.quote(9_980)
        ending = asyncio.create_task(core.lender.take_back(["dipper0"]))
        for _ in range(5):
            await asyncio.sleep(0)
            await core.settle()
            core.lender.look()  # which must not lend again what is taken back
        await ending
        assert core.bridges[0].bridge.strategies == []
        assert core.lender.leases.granted == 1

    core = played(play)
    assert isinstance(core.records()[-1], m.CancelOrder)
    assert any(isinstance(one, m.CancelAllIntended) for one in core.records())


def test_a_strategy_without_a_bridge_is_complained_of() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(bridges=0)
        await core.wait(1.5)
        assert core.lender.complaint() == "no signal-bridge runs dipper0"
        core.join()
        await core.wait(1.0)
        assert core.lender.complaint() == ""

    played(play)


def test_wishes_in_the_name_of_another_strategy_are_refused() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(strategies=2, bridges=2)
        first, second = core.bridges
        name = first.bridge.strategies[0]
        wish = m.CancelAllIntended(0, name, name, "")
        held = second.bridge._held[second.bridge.strategies[0]]
        held.wishes.append(wish)
        second.bridge._send_wishes()
        await core.settle()
        assert not any(isinstance(one, m.CancelAllIntended) for one in core.records())

    played(play)


def test_a_dipper_is_restored_with_its_counts() -> None:
    strategy = Dipper()
    strategy.held, strategy.seen = 3, 4
    again = Dipper()
    again.restore(strategy.snapshot())
    assert (again.held, again.seen) == (3, 4)


def test_rows_that_came_while_the_core_was_down_are_not_decided_on_and_old_prices_deny() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        await core.step(m.StrategyRegistered(0, "person", "main", "", {}))
        limits = Limits(stale_price_ns=2 * 10**9)
        await core.step(m.LimitsChanged(0, "account:main", limits, "a test"))
        await core.quote(10_001)
        core.now_ms += 3_000  # quotes of this time were published, and nobody took them
        await core.restart()
        await core.wait(1.0)
        seen = vars(core.running().made[-1])["seen"]
        await core.step(_wish_of_a_person(1))
        await core.quote(10_002)
        await core.step(_wish_of_a_person(2))
        assert vars(core.running().made[-1])["seen"] == seen + 1

    core = played(play)
    denied = [one for one in core.records() if isinstance(one, m.OrderDenied)]
    assert [(one.order_id, one.rule) for one in denied] == [("j0-person-1", "stale_price")]
    sent = [one.order_id for one in core.records() if isinstance(one, m.SubmitOrder)]
    assert sent == ["j0-person-2"]


def _wish_of_a_person(number: int) -> m.OrderIntended:
    return m.OrderIntended(0, f"j0-person-{number}", "person", "GOOG.SIM", Side.BUY, 1)
