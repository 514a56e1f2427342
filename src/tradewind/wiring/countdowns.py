"""The countdown that a run keeps going at a venue, by its settings."""

from __future__ import annotations

from tradewind.ports.trading import CountsDown
from tradewind.runtime.countdown import Countdown, refuse_many
from tradewind.runtime.last_check import PROOF_S
from tradewind.runtime.loop import Loop
from tradewind.wiring.stage import Stage, StagePlan


def countdown_of(plan: StagePlan, stage: Stage, loop: Loop) -> Countdown | None:
    """The countdown at a stage's venue; none on paper, where none is asked for or none exists."""
    trading, seconds = stage.trading, plan.place.countdown_s
    if plan.mode != "live" or not seconds or not isinstance(trading, CountsDown):
        return None
    if not trading.countdowns_per_minute_max:
        return None
    instruments = [one.id for one in stage.market_data.instruments]
    refuse_many(trading, instruments, seconds)
    proof_ns = int(PROOF_S * 1e9)
    return Countdown(
        trading,
        instruments,
        seconds=seconds,
        may_renew=lambda: loop.now_ns() - loop.last_commit_ns < proof_ns,
    )
