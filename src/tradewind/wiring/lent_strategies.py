"""The strategies of a run that signal-bridges run: registered here, lent out, taken back."""

from __future__ import annotations

from pathlib import Path

from tradewind.core.engine import Engine
from tradewind.model import messages as m
from tradewind.runtime.bridge_messages import Offer
from tradewind.runtime.leases import Loan
from tradewind.runtime.lender import Lender
from tradewind.runtime.loop import Loop
from tradewind.runtime.new_code import NewCode
from tradewind.runtime.strategy_host import code_hash
from tradewind.strategies.library import library_strategy
from tradewind.wiring.plans import Plan, short_name
from tradewind.wiring.running_strategies import RunningStrategies


class LentStrategies(RunningStrategies):
    """As `RunningStrategies`, but no strategy is called in this process."""

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
        lender: Lender,
    ) -> None:
        super().__init__(
            engine, loop, plans, account=account, venue=venue, home=home, new_code=new_code
        )
        self._lender = lender
        self._loans: dict[str, Loan] = {}
        lender.want_bars = self.want_bars
        loop.listeners.append(lender.on_turn)

    def snapshot(self) -> dict[str, bytes]:
        """What is kept of each that runs."""
        return {name: self._loans[name].kept.state for name in self._running}

    def _attach(self, name: str, parameters: dict[str, str], saved: bytes) -> None:
        instrument_id, planned = self._planned(name)
        strategy = library_strategy(name)(**{**planned, **parameters})
        engine, state = self._engine, self._engine.state
        short, code = short_name(name), code_hash(strategy)
        own = {key: str(value) for key, value in strategy.parameters().items()}
        limits = self._new_code.limits_of(state, short, code)
        time_ns = state.time_ns
        engine.step(
            m.StrategyRegistered(time_ns, short, self._account, code, own, (instrument_id,))
        )
        if limits is not None:
            engine.step(m.LimitsChanged(time_ns, f"strategy:{short}", limits, "settings"))
        self._running[name] = strategy
        kept = Offer(state.strategy(short).intents, state.sequence if saved else 0, saved)
        self._loans[name] = Loan(short, name, own, [instrument_id], kept)
        self._lender.lend(self._loans[name])

    async def _end(self, names: list[str]) -> None:
        await self._lender.take_back([short_name(name) for name in names])
