"""The platform as one engine process: built from settings, run until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from tradewind.core.engine import Engine
from tradewind.model import messages as m
from tradewind.model.account_terms import AccountTerms
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
from tradewind.model.ids import PERSON
from tradewind.model.limits import Limits
from tradewind.ports.journal import Journal, JournalBroken
from tradewind.ports.platform import Clock
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.control import ControlServer
from tradewind.runtime.core_rows import CoreRows
from tradewind.runtime.desk import Desk
from tradewind.runtime.desk_actions import DeskActions
from tradewind.runtime.dispatch import Dispatch
from tradewind.runtime.feed import Feed
from tradewind.runtime.halt_file import HALT_NAME, watch_halt_file
from tradewind.runtime.kept_choices import load_choices, over_settings
from tradewind.runtime.last_check import LastCheck
from tradewind.runtime.loop import Loop
from tradewind.runtime.new_code import NewCode
from tradewind.runtime.projector import Projector
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import Recovered, recover, snapshot_of
from tradewind.runtime.retention import Retention, RetentionRule
from tradewind.runtime.risk_levels import Threshold, levels_of
from tradewind.runtime.risk_monitor import RiskMonitor
from tradewind.runtime.risk_rules import RiskRules, changed_terms
from tradewind.runtime.scope_limits import check_begun, limits_by_scope
from tradewind.runtime.segments import FileSegments, Segments
from tradewind.runtime.snapshots import Snapshots
from tradewind.runtime.stress_scenarios import STANDARD, Given
from tradewind.runtime.venue_watch import STARTING
from tradewind.version import VERSION
from tradewind.wiring.emergency import cancel_unjournaled
from tradewind.wiring.journals import JournalPlace
from tradewind.wiring.plans import instruments_of, plan_of
from tradewind.wiring.records import RecordsPlace
from tradewind.wiring.rehearsal import PricesFrom, rehearsed
from tradewind.wiring.running_strategies import RunningStrategies
from tradewind.wiring.stage import StagePlan, check_account
from tradewind.wiring.stages import (
    Stages,
    account_events,
    described_events,
    listed_at,
    make_stages,
    refuse_other_stages,
    route_events,
)
from tradewind.wiring.watches import watch_of

HOUSEKEEPING_S = 0.1
LAST_COMMANDS_S = 0.1
"""How long the commands of `on_stop` have to leave."""
PRUNE_STEPS_MAX = 100
"""Pieces removed after one snapshot; the rest goes after the next."""
LOG = logging.getLogger("tradewind.platform")


class PlatformOptions(msgspec.Struct, frozen=True):
    """What a run is built from; `cash` is decimal text in the account's currency.

    Without `journal` it is a file in `home`, without `retention` all records are kept, without
    `stages` it is the generated market. With several stages the run trades at several venues, on
    one account, and `routes` say which listings belong together.
    `symbols` are what to trade, the n-th by the n-th strategy; the demo's without them. `mark` is
    a word of `model.marking`, `rehearsal_ms` 0 for none. `hosting` makes what runs strategies.
    """

    home: Path
    strategies: tuple[str, ...]
    cash: str
    seed: int
    limits: Limits
    snapshot_interval_s: int
    journal: JournalPlace | None = None
    retention: RetentionRule | None = None
    stages: tuple[StagePlan, ...] = ()
    routes: tuple[m.RouteSet, ...] = ()
    symbols: tuple[str, ...] = ()
    mark: str = "latest"
    risk_levels: tuple[Threshold, ...] = ()
    scenarios: Given = msgspec.field(default_factory=lambda: STANDARD)
    scope_limits: dict[str, dict[str, Any]] = {}
    terms: AccountTerms | None = None
    new_code: Limits | None = None
    rehearsal_ms: int = 0
    program: str = f"tradewind {VERSION}"
    recording: Callable[[Segments], Recorder] = Recorder
    hosting: Callable[..., RunningStrategies] = RunningStrategies


class Platform:
    """Engine, journal and the two ends of its stage in one home; `run` it once."""

    def __init__(self, options: PlatformOptions, clock: Clock | None = None) -> None:
        self.options = options
        self._clock = clock or SystemClock()
        self.plans = options.stages or (StagePlan(seed=options.seed),)
        self.plan = self.plans[0]
        self._plans = plan_of(options.strategies, options.symbols, self.plan.venue)
        self._place = options.journal or JournalPlace(options.home)
        self._executor = ThreadPoolExecutor(1, "journal")

    async def run(self, *, stop: asyncio.Event, on_ready: Callable[[Desk], None]) -> None:
        """Recover, trade until `stop` is set, leave a snapshot; raises what ended it."""
        with self._opened() as (journal, recorder), self._projecting() as projector:
            recovered = recover(journal, recorder)
            await self._build(journal, recorder, recovered)
            core_rows = projector.core_rows = CoreRows(self.engine.state)
            self.loop.listeners += [core_rows.on_turn, lambda turn: projector.wake()]
            self._retention = self._retaining(journal, recorder, projector)
            async with contextlib.AsyncExitStack() as failed:
                failed.push_async_callback(self.dispatch.close)
                await self._start(recovered)
                failed.pop_all()
            self.desk.complaints += [projector.complaint, self.stages.complain]
            on_ready(self.desk)
            try:
                await self._trade(stop)
                await self._end_strategies()
                for watch in self.watches:
                    await watch.leave()
            except JournalBroken as error:
                await cancel_unjournaled(
                    error, self.options.home, state=self.engine.state, venues=self.stages.trading,
                    now_ns=self._clock.now_ns(),
                )  # fmt: skip
                raise
            finally:
                self.desk.close("the engine stops")
                await self.dispatch.close()
            await self._snapshots.save()
            core_rows.take_last()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[Journal, Recorder]]:
        """Journal and recorder, opened and closed on the thread that writes them."""
        home = self.options.home
        journal = self._executor.submit(self._place.open).result()
        if journal.dropped_bytes:
            LOG.warning("journal_tail_dropped bytes=%d", journal.dropped_bytes)
        try:
            recorder = self.options.recording(FileSegments(home / "market"))
            yield journal, recorder
            recorder.close()
        finally:
            self._executor.submit(journal.close).result()
            self._executor.shutdown()

    @contextlib.contextmanager
    def _projecting(self) -> Iterator[Projector]:
        """Rows for people and screens, written beside the journal on a thread of their own."""
        projector = Projector(self._place.read, RecordsPlace(self._place).open)
        projector.start()
        try:
            yield projector
        finally:
            projector.stop()

    def _retaining(
        self, journal: Journal, recorder: Recorder, projector: Projector
    ) -> Retention | None:
        """What prunes the journal; rows that cannot be written do not keep it from doing so."""
        if self.options.retention is None:
            return None
        return Retention(
            self.options.retention,
            journal,
            recorder,
            now_ns=self._clock.now_ns,
            projected=lambda: sys.maxsize if projector.failure else projector.sequence,
        )

    async def _build(self, journal: Journal, recorder: Recorder, recovered: Recovered) -> None:
        self._journal = journal
        self.engine = Engine(recovered.state)
        refuse_other_stages(self.engine.state, self.plans, self.options.home)
        self.epoch = journal.take_over()
        self.loop = Loop(
            self.engine,
            journal,
            recorder,
            clock=self._clock,
            epoch=self.epoch,
            commit=self._commit,
        )
        named = instruments_of(self._plans, self.options.symbols, self.plan.venue)
        self.stages: Stages = await make_stages(
            self.plans,
            listed_at(self.plans, named, self.options.routes),
            clock=self._clock,
            saved=recovered.market,
            session=str(self.epoch),
            id_prefix=journal.journal_id + "-",
        )
        self._routed = {leg.instrument for route in self.options.routes for leg in route.legs}
        last_check = LastCheck(asyncio.get_running_loop().time)
        last_check.begin(self.engine.state)
        self.stages.check_again(last_check, self.engine.state)
        ends = self.stages.trading, self.loop.offer
        self.dispatch = Dispatch(*ends, last_check=last_check, now_ns=self._clock.now_ns)
        self.loop.rider = self.dispatch.take_left
        self.loop.listeners += [last_check.on_turn, self.dispatch.send_turn]

    async def _start(self, recovered: Recovered) -> None:
        """Set up what is new, resume what was there, reconcile, and only then trade."""
        state = self.engine.state
        open_orders = list(state.open_orders.values())
        if state.parents:
            # before a timer of the core's is due: nothing leaves until the venue has been asked
            for plan in self.plans:
                self.engine.step(m.VenueLost(state.time_ns, plan.venue, STARTING))
        check_begun(state, self._limits(), self.options.home)
        for event in self._setup():
            self.loop.offer(event)
        self.watches = [
            watch_of(
                plan, stage, loop=self.loop, dispatch=self.dispatch,
                journal=self._journal.journal_id, place=self._place, clock=self._clock,
            )
            for plan, stage in self.stages.pairs()
        ]  # fmt: skip
        await self.loop.turn()
        if self.loop.refused:
            raise UserError(self.loop.refused[0])
        self.stages.adopt(state, self.plan.account, open_orders)
        await self.dispatch.start()
        if (self.options.home / HALT_NAME).exists():
            # before a strategy is called, and behind the dispatch that carries this halt's cancels
            self.loop.offer(m.Halted(0, "all", "the HALT file was there at the start", HALT_NAME))
        for plan, stage in self.stages.pairs():
            await check_account(plan, stage.trading)
        for order in open_orders:
            self.loop.offer(m.OrderUnknown(0, order.order_id, "the platform was started again"))
        for watch in self.watches:
            await watch.check()
        await self.loop.turn()
        new_code = NewCode(self.options.home, small=self.options.new_code, limits=self._limits)
        self._strategies = self.options.hosting(
            self.engine, self.loop, self._plans,
            account=self.plan.account, venue=self.plan.venue, home=self.options.home,
            new_code=new_code,
        )  # fmt: skip
        self._strategies.begin(recovered.strategies)
        # the engine last: it may act on the rows in this very call, at prices the paper venue knows
        takers: list[Callable[[Columns], None]] = [self.stages.on_rows, self._to_engine]
        self.feed = Feed(takers, self.loop.offer, clock=self._clock, bars=self._strategies.bars)
        self.desk = Desk(self.loop, self.feed, mode=self.plan.mode, now_ns=self._clock.now_ns)
        self.desk.watches += self.watches
        self.desk.blocking = self.dispatch.blocked
        self.desk.actions = DeskActions(self.loop, self.desk.watches, self.options.home)
        self.desk.actions.host = self._strategies
        rules = RiskRules(
            self.loop,
            self.options.home,
            levels=levels_of(self.options.risk_levels),
            scenarios=self.options.scenarios,
            new_code=new_code,
        )
        self.monitor = RiskMonitor(self.loop, self.desk.actions, self.options.home, rules=rules)
        self.monitor.halt = self.desk.submit
        self.desk.more_metrics += [self.monitor.metrics, self.loop.latency_metrics]
        self._snapshots = self._keeping(recovered.folded)

    def _setup(self) -> Iterator[m.ControlEvent]:
        state, account = self.engine.state, self.plan.account
        journal_id = self._journal.journal_id
        yield m.RunStarted(0, journal_id, self.epoch, self.options.program, self.options.mark)
        for instrument in self.stages.instruments:
            known = state.market_numbers.get(instrument.id)
            if known is None or state.markets[known].instrument != instrument:
                yield m.InstrumentListed(0, instrument)
        yield from described_events(state, self.plans)
        yield from account_events(state, self.plans, self.options.cash)
        yield from route_events(state, self.options.routes)
        for scope, limits in self._limits().items():
            if not scope.startswith("strategy:"):
                yield m.LimitsChanged(0, scope, limits, self._who_limits(scope))
        number = state.account_numbers.get(account)
        margin = None if number is None else state.accounts[number].margin
        wanted, by = self._terms()
        if wanted != (None if margin is None else margin.terms):
            yield m.AccountTermsSet(0, account, wanted, by)
        yield m.StrategyRegistered(0, PERSON, account, "", {})

    def _terms(self) -> tuple[AccountTerms | None, str]:
        """The account's terms that a person chose, else those of the settings; and whose."""
        home = self.options.home
        chosen = load_choices(home).terms
        if self.plan.account not in chosen:
            return self.options.terms, "settings"
        with over_settings(home, chosen):
            return changed_terms(None, chosen[self.plan.account]), "choices"

    def _limits(self) -> dict[str, Limits]:
        """The limits of every scope that settings or persons name."""
        return limits_by_scope(
            {f"account:{self.plan.account}": self.options.limits},
            self.options.scope_limits,
            load_choices(self.options.home).limits,
        )

    def _who_limits(self, scope: str) -> str:
        return "choices" if scope in load_choices(self.options.home).limits else "settings"

    async def _trade(self, stop: asyncio.Event) -> None:
        """All that runs side by side; the first that fails ends the rest."""
        home = self.options.home
        control = ControlServer(home, self.desk)
        await control.start()
        running = [
            asyncio.create_task(self.loop.run(), name="loop"),
            asyncio.create_task(self.stages.run(self.feed.take), name="market data"),
            *(asyncio.create_task(one.run(), name="venue watch") for one in self.watches),
            asyncio.create_task(watch_halt_file(home, self.desk.submit), name="HALT file"),
            asyncio.create_task(self._keep_house(), name="housekeeping"),
            asyncio.create_task(self.monitor.run(), name="risk monitor"),
        ]
        waiting = asyncio.create_task(stop.wait())
        prices_from: PricesFrom = "bus" if any(one.bus for one in self.options.stages) else "venue"
        async with rehearsed(self.options.rehearsal_ms, self._clock, prices_from):
            done, _ = await asyncio.wait([*running, waiting], return_when=asyncio.FIRST_COMPLETED)
        self.loop.stop()
        for task in [*running[1:], waiting]:
            task.cancel()
        await asyncio.gather(*running, waiting, return_exceptions=True)
        await control.close()
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _keep_house(self) -> None:
        """Close bars by the clock, let paper orders expire, save snapshots."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            self.feed.close_bars()
            self.stages.advance()
            await self._snapshots.look()

    async def _end_strategies(self) -> None:
        """Call `on_stop`; what a strategy wants then is journaled and sent like all else."""
        await self._strategies.end()
        self.loop.offer(m.ClockTicked(0))
        await self.loop.turn()
        await asyncio.sleep(LAST_COMMANDS_S)

    def _to_engine(self, columns: Columns) -> None:
        # routing looks into books; else depth is for the venue on paper and the records alone
        if columns.kind != "depth" or columns.instrument.id in self._routed:
            self.loop.take_rows(columns)

    async def _commit(self, write: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, write)

    async def _prune(self) -> None:
        """Remove old records a piece at a time; what comes meanwhile is written in between."""
        retention = self._retention
        if retention is None:
            return
        for _ in range(PRUNE_STEPS_MAX):
            await self.loop.save(lambda: retention.step)
            if not retention.has_more:
                return

    def _keeping(self, folded: int) -> Snapshots:
        interval_s = self.options.snapshot_interval_s
        return Snapshots(
            self.loop, self._snapshot, self._prune, interval_s=interval_s, folded=folded
        )

    def _snapshot(self) -> Callable[[], None]:
        kept = self._strategies.snapshot()
        snapshot = snapshot_of(self.engine.state, kept, self.stages.saved())
        return lambda: self._journal.save_snapshot(snapshot)
