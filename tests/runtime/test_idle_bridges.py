"""Bridges that have nothing to run: told nothing but that the core lives, and there when needed."""

from __future__ import annotations

from tests.runtime.split_core import SplitCore
from tests.runtime.test_signal_bridge import played
from tradewind.runtime.leases import IDLE_S
from tradewind.runtime.signal_bridge import SILENCE_S


def followed(core: SplitCore) -> list[bool]:
    """Of each bridge, whether it follows the core."""
    return [one.bridge.sequence > 0 for one in core.bridges]


def test_a_bridge_with_nothing_to_run_is_told_nothing_and_lives() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(bridges=2)
        await core.trade(4)
        await core.wait(2 * SILENCE_S)
        assert followed(core) == [True, False]
        assert [one.bridge.complaint for one in core.bridges] == ["", ""]
        assert len(core.lender.leases.peers) == 2
        greeted = dict(core.lender.leases.peers)
        await core.wait(2 * SILENCE_S)
        assert all(core.lender.leases.peers[name] is peer for name, peer in greeted.items())

    played(play)


def test_an_idle_bridge_goes_on_where_one_that_was_killed_stood() -> None:
    async def alone(core: SplitCore) -> None:
        await core.set_up()
        await core.trade(6)
        await core.let_lease_end()
        await core.trade(6)

    async def killed(core: SplitCore) -> None:
        await core.set_up(bridges=2)
        await core.trade(6)
        core.running().kill()
        await core.let_lease_end()
        assert followed(core)[1]
        assert core.bridges[1].bridge.strategies == ["dipper0"]
        await core.trade(6)

    ids = played(killed).ids()
    assert ids == list(range(1, len(ids) + 1))
    assert ids == played(alone).ids()


def test_a_bridge_that_was_left_with_nothing_follows_no_more_and_again() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up()
        await core.lender.take_back(["dipper0"], 0)
        await core.wait(IDLE_S - 1)
        assert followed(core) == [True]
        await core.wait(2)
        assert followed(core) == [False]
        core.lend(1, {})
        await core.wait(0.2)
        assert followed(core) == [True]
        assert core.bridges[0].bridge.strategies == ["dipper0"]
        await core.wait(IDLE_S + 2)
        assert followed(core) == [True]

    played(play)


def test_an_idle_bridge_is_there_for_the_next_core() -> None:
    async def play(core: SplitCore) -> None:
        await core.set_up(bridges=2)
        await core.trade(2)
        core.bridges[0].kill()
        await core.restart()
        await core.wait(2.0)
        assert core.bridges[1].bridge.strategies == ["dipper0"]
        await core.trade(4)

    ids = played(play).ids()
    assert ids == list(range(1, len(ids) + 1))
