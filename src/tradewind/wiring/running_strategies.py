"""The strategies of a run: attached at its start, started and stopped while it goes on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tradewind.core.engine import Engine
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.orders import Sizing
from tradewind.runtime.kept_choices import Choices, StrategyChoice, load_choices, save_choices
from tradewind.runtime.loop import Loop
from tradewind.runtime.new_code import NewCode
from tradewind.runtime.strategy_host import attach, code_hash, end
from tradewind.strategies.base import Strategy
from tradewind.strategies.library import LIBRARY, library_strategy
from tradewind.wiring.plans import PLANS, Plan, plan_of, short_name


class RunningStrategies:
    """Strategies by library name on one account of an engine; see `StrategyHost`.

    `bars` are the timeframes that they ask for, by instrument; it grows as strategies start.
    """

    def __init__(
        self,
        engine: Engine,
        loop: Loop,
        plans: Plan,
        *,
        account: str,
        venue: str,
        home: Path,
        new_code: NewCode,
    ) -> None:
        self._new_code = new_code
        self._engine = engine
        self._loop = loop
        self._plans = dict(plans)
        self._account = account
        self._venue = venue
        self._home = home
        self._running: dict[str, Strategy] = {}
        self.bars: dict[str, list[str]] = {}

    def begin(self, saved: dict[str, bytes]) -> None:
        """Attach those of the run that nobody stopped, and those that somebody started."""
        choices = load_choices(self._home).strategies
        for name in [*self._plans, *(name for name in choices if name not in self._plans)]:
            choice = choices.get(name)
            if choice is None:
                self._attach(name, {}, saved.get(name, b""))
            elif choice.is_running:
                self._attach(name, choice.parameters, saved.get(name, b""))
            else:
                self._keep_stopped(name, choice)

    async def start(self, name: str, parameters: dict[str, str], by: str) -> int:
        """Start a strategy that does not run, with parameters over those of its plan."""
        name = library_name(name)
        if self._is_running(name):
            raise UserError(f"strategy {name} runs already: stop it first")
        self._running.pop(name, None)  # one that its own error stopped
        try:
            self._attach(name, parameters, b"")
        except UserError as error:
            await self._refuse(name, str(error))
            raise
        sequence = self._engine.state.sequence
        await self._loop.turn()
        self._keep(name, StrategyChoice(is_running=True, parameters=parameters, by=by))
        return sequence

    async def stop(self, name: str, by: str) -> int:
        """Call `on_stop`, then let it hear nothing more; its open orders stay."""
        name = library_name(name)
        if not self._is_running(name):
            raise UserError(f"strategy {name} does not run")
        await self._end([name])
        del self._running[name]
        event = m.StrategyStopped(0, short_name(name), f"stopped by {by}")
        sequence = await self._loop.submit(event)
        self._keep(name, StrategyChoice(is_running=False, parameters={}, by=by))
        return sequence

    async def end(self) -> None:
        """Call `on_stop` of all that run."""
        await self._end(list(self._running))

    def snapshot(self) -> dict[str, bytes]:
        """What each that runs keeps, as bytes."""
        return {name: saved_state(name, strategy) for name, strategy in self._running.items()}

    def _attach(self, name: str, parameters: dict[str, str], saved: bytes) -> None:
        instrument_id, planned = self._planned(name)
        strategy = library_strategy(name)(**{**planned, **parameters})
        state, short = self._engine.state, short_name(name)
        attach(
            self._engine,
            strategy,
            name=short,
            account=self._account,
            instruments=[state.market(instrument_id).instrument],
            sizing=Sizing.AT_FILL,
            limits=self._new_code.limits_of(state, short, code_hash(strategy)),
        )
        if saved:
            strategy.restore(msgspec.msgpack.decode(saved))
        # what it keeps must survive being written down
        saved_state(name, strategy)
        self._running[name] = strategy
        for wanted_id, timeframe in strategy.wanted_bars:
            self.want_bars(wanted_id, timeframe)

    def want_bars(self, instrument_id: str, timeframe: str) -> None:
        """Have bars built."""
        timeframes = self.bars.setdefault(instrument_id, [])
        if timeframe not in timeframes:
            timeframes.append(timeframe)

    def _planned(self, name: str) -> tuple[str, dict[str, str | float]]:
        """Instrument and parameters of a strategy, which this run must have."""
        if name not in self._plans:
            self._plans |= plan_of([name], [], self._venue)
        instrument_id, planned = self._plans[name]
        if instrument_id not in self._engine.state.market_numbers:
            raise UserError(f"strategy {name} trades {instrument_id}, which this run has not")
        return instrument_id, planned

    def _is_running(self, name: str) -> bool:
        number = self._engine.state.strategy_numbers.get(short_name(name))
        is_stopped = number is not None and self._engine.state.strategies[number].is_stopped
        return name in self._running and not is_stopped

    async def _end(self, names: list[str]) -> None:
        for name in names:
            number = self._engine.state.strategy(short_name(name)).index
            end(self._engine, number, self._running[name])

    def _keep_stopped(self, name: str, choice: StrategyChoice) -> None:
        """A strategy that is known stays stopped, also over a start."""
        if short_name(name) in self._engine.state.strategy_numbers:
            reason = f"stopped by {choice.by}"
            self._loop.offer(m.StrategyStopped(0, short_name(name), reason))

    async def _refuse(self, name: str, reason: str) -> None:
        """`on_start` refused what was registered before: it does not run."""
        number = self._engine.state.strategy_numbers.get(short_name(name))
        if number is not None and not self._engine.state.strategies[number].is_stopped:
            await self._loop.submit(m.StrategyStopped(0, short_name(name), reason[:200]))

    def _keep(self, name: str, choice: StrategyChoice) -> None:
        choices: Choices = load_choices(self._home)
        strategies = {**choices.strategies, name: choice}
        save_choices(self._home, msgspec.structs.replace(choices, strategies=strategies))


def library_name(name: str) -> str:
    """The library's name of a strategy by that name or by its short one.

    >>> library_name("mean_rev")
    'mean_reversion'
    """
    found = next((one for one in PLANS if name in (one, short_name(one))), "")
    if not found:
        known = ", ".join(one for one in LIBRARY if one in PLANS)
        raise UserError(f"there is no strategy {name!r}: choose from {known}")
    return found


def saved_state(name: str, strategy: Strategy) -> bytes:
    """A strategy's state as bytes; `UserError` where it keeps what cannot be written down."""
    try:
        return msgspec.msgpack.encode(strategy.snapshot())
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(
            f"strategy {name} keeps something that cannot be saved ({error}): use numbers, text, "
            "lists, dicts or signals as attributes, or a name that begins with _"
        ) from None
