"""Storms by seed: the invariants hold, the same seed gives the same history, bugs are found."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.trading import Trading
from tradewind.runtime.dispatch import Dispatch
from tradewind.testing.storm import Faults, Life, StormVenue, run_storm
from tradewind.testing.virtual_time import run_virtually

SEEDS = range(1, 11)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_invariants_hold_through_a_storm(seed: int) -> None:
    result = run_storm(seed, orders=200)
    assert result.unknown == 0
    assert result.crashes > 0
    assert result.fills > 50


def test_the_same_seed_gives_the_same_history_and_another_another() -> None:
    assert run_storm(7, orders=60) == run_storm(7, orders=60)
    assert run_storm(7, orders=60) != run_storm(8, orders=60)


async def resend(dispatch: Dispatch, venue: Trading, command: m.Command) -> None:
    """The classic mistake: what was not answered is sent again."""
    if not isinstance(command, m.SubmitOrder):
        await act(dispatch, venue, command)
        return
    try:
        await venue.submit(command)
    except OutsideError:
        with suppress(OutsideError):
            await venue.submit(command)


act = Dispatch._act


def first_broken() -> str:
    for seed in SEEDS:
        try:
            run_storm(seed, orders=200)
        except AssertionError as error:
            return str(error)
    return "nothing"


def test_a_planted_resend_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dispatch, "_act", resend)
    assert "reached the venue twice" in first_broken()


def test_a_planted_doubtful_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hasty(dispatch: Dispatch, venue: Trading, command: m.QueryOrder) -> Any:
        return [m.OrderRejected(0, command.order_id, "no answer, so it failed")]

    monkeypatch.setattr(Dispatch, "_query", hasty)
    assert first_broken() != "nothing"


def test_a_planted_early_acknowledgement_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def promise(life: Life, write: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(0.3, write)

    monkeypatch.setattr(Life, "_commit", promise)
    assert "acknowledged order is lost" in first_broken()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(1_000, 1_200))
def test_the_invariants_hold_through_a_long_storm(seed: int) -> None:
    run_storm(seed, orders=5_000, faults=Faults(crash_per_s=0.02))


def test_a_deadline_that_was_met_leaves_no_real_wait() -> None:
    async def nap() -> None:
        async with asyncio.timeout(30):
            await asyncio.sleep(1)
        await asyncio.sleep(40)

    started_s = time.monotonic()
    run_virtually(nap())
    assert time.monotonic() - started_s < 5


def test_the_venue_of_the_storm_is_a_trading_port() -> None:
    assert StormVenue.venue == "STORM"
