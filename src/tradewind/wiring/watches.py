"""The watch over the venue of a stage, with what it reconciles and counts down."""

from __future__ import annotations

from tradewind.model.ids import PERSON
from tradewind.ports.platform import Clock
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.loop import Loop
from tradewind.runtime.reconciliation import Reconciliation
from tradewind.runtime.venue_watch import VenueWatch
from tradewind.wiring.countdowns import countdown_of
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.stage import Stage, StagePlan


def watch_of(
    plan: StagePlan,
    stage: Stage,
    *,
    loop: Loop,
    dispatch: Dispatch,
    journal: str,
    place: JournalPlace,
    clock: Clock,
) -> VenueWatch:
    """Watches one venue of a run whose orders begin with the id of `journal`."""
    reconciliation = Reconciliation(
        stage.trading,
        loop,
        account=plan.account,
        journal_id=journal,
        owner=PERSON,
        clock=clock,
        # a paper venue remembers the executions of its own process alone
        memory_ns=clock.now_ns() if stage.paper is not None else 0,
        find_fill=place.find_fill,
        find_posted=place.find_posted,
        under_way=dispatch.under_way,
    )
    return VenueWatch(
        stage.trading,
        reconciliation,
        loop,
        interval_s=plan.reconcile_interval_s,
        countdown=countdown_of(plan, stage, loop),
    )
