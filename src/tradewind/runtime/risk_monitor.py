"""The risk monitor: looks at every account each second and acts where a level is reached."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np

from tradewind.analysis.position_risk import (
    covariance_value_at_risk,
    returns_of,
    simulated_expected_shortfall,
    simulated_value_at_risk,
    worst_stress,
)
from tradewind.core.exposure import Holding
from tradewind.core.state import Account
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import to_decimal
from tradewind.runtime.control_messages import ChangeLimitsRequest
from tradewind.runtime.desk_actions import DeskActions
from tradewind.runtime.flattening import cancels_of, closings_of, holds_in
from tradewind.runtime.loop import Loop
from tradewind.runtime.read_models import Metric
from tradewind.runtime.risk_levels import MEASURES, Level, Threshold, level_of
from tradewind.runtime.risk_rules import RiskRules
from tradewind.runtime.state_rows import converted, value_in_account

BY = "risk monitor"
MOST_SHARE = Decimal(1_000_000)
"""Leverage and concentration of an account that holds something and is worth nothing."""
LOOK_S = 1.0
PERIOD_NS = 60 * 10**9
"""Returns are taken over a minute: so value at risk is that of a minute."""
WINDOW_PERIODS = 1_440
"""Minutes of returns that are kept: a day."""
PERIODS_MIN = 30
"""With fewer returns there is no value at risk yet."""
CONFIDENCE = 0.99
TRY_AGAIN_NS = 5 * 10**9
"""A closing order that was refused is tried again after this long."""
DAY_NS = 24 * 3600 * 10**9
STATE_NAME = "risk_monitor.json"
LOG = logging.getLogger("tradewind.risk")


class Remembered(msgspec.Struct):
    """What of an account must outlive a restart: peak and the day's first result, money units."""

    peak: int
    peak_equity: int
    day: int
    day_result: int
    latched: int = 0
    is_flattening: bool = False
    result: int = 0
    brought: int = 0
    """What was brought in, each sum in the account's currency at the rate when it came."""
    capital: dict[str, int] = {}
    """Of which each currency had so much at the last look."""


class RiskMonitor:
    """Measures each account and acts by its rules; `look` once, or `run` each second.

    A level is acted on once, when it is reached; a harder one later is acted on again. Its halts
    are lifted by persons; orders that flatten pass halts.
    """

    def __init__(
        self,
        loop: Loop,
        actions: DeskActions,
        home: Path,
        *,
        rules: RiskRules,
    ) -> None:
        self._loop = loop
        self._actions = actions
        self.halt: Callable[[m.Halted], Awaitable[int]] = loop.submit
        """Puts a halt in; where orders leave, with nothing leaving until it is durable."""
        self._path = home / STATE_NAME
        self._rules = actions.rules = rules
        actions.flatten = self.flatten
        self._prices: deque[list[float]] = deque(maxlen=WINDOW_PERIODS + 1)
        self._period = -1
        self._remembered = self._load()
        self._tried_ns: dict[str, int] = {}
        self._flattening = {
            f"account:{name}" for name, one in self._remembered.items() if one.is_flattening
        }
        self.measures: dict[str, dict[str, Decimal | None]] = {}
        self.worst_scenarios: dict[str, str] = {}

    async def run(self) -> None:
        """Look each second, for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Measure every account, and act where a level is reached that was not before."""
        state = self._loop.engine.state
        self._sample()
        for account in state.accounts:
            self.measures[account.name] = measured = self._measure(account)
            reached = level_of(measured, self._rules.thresholds)
            known = self._remembered[account.name]
            level = Level.NONE if reached is None else reached[0].level
            if reached is not None and level > known.latched:
                try:
                    await self._act(account, *reached)
                except OutsideError as error:  # not durable: again at the next look
                    LOG.error("risk_level_not_journaled error=%s", str(error).replace(" ", "_"))
                    continue
            known.latched = max(level, known.latched) if level else Level.NONE
        for scope in sorted(self._flattening):
            self._flatten(scope)
        for account in state.accounts:
            is_flattening = f"account:{account.name}" in self._flattening
            self._remembered[account.name].is_flattening = is_flattening
        self._save()

    def flatten(self, scope: str) -> None:
        """Close at each look what is held in a scope (as of halts), until nothing is.

        Of an account it goes on over a restart.
        """
        self._flattening.add(scope)

    def metrics(self) -> list[Metric]:
        """Every measure of every account for a monitoring system."""
        return [
            Metric(f"risk_{name}", "gauge", MEASURES[name], float(value), {"account": account})
            for account, measured in self.measures.items()
            for name, value in measured.items()
            if value is not None
        ]

    # --- measuring ---------------------------------------------------------------------------

    def _sample(self) -> None:
        state = self._loop.engine.state
        period = state.time_ns // PERIOD_NS
        if period == self._period:
            return
        self._period = period
        row = [market.mark / 10.0**market.instrument.price_digits for market in state.markets]
        for earlier in self._prices:
            earlier.extend([0.0] * (len(row) - len(earlier)))
        self._prices.append(row)

    def _measure(self, account: Account) -> dict[str, Decimal | None]:
        digits = currency_digits(account.currency)
        equity = self._loop.engine.state.equity(account)
        held = {one.market.id: one for one in _holdings(account) if _is_held(one)}
        values = {name: value_in_account(one) for name, one in held.items()}
        gross = sum(map(abs, values.values()))
        largest = max(map(abs, values.values()), default=0)
        known = self._result(account, equity)
        result = known.result
        peak_equity = known.peak_equity
        measured: dict[str, Decimal | None] = {
            "gross_exposure": to_decimal(gross, digits),
            "leverage": _share(gross, equity),
            "concentration": _share(largest, equity),
            "daily_loss": to_decimal(max(0, known.day_result - result), digits),
            "drawdown": Decimal(known.peak - result) / peak_equity if peak_equity > 0 else None,
        }
        return measured | self._simulated(account, values, digits)

    def _brought_in(self, account: Account, known: Remembered) -> int:
        """What was brought in so far; a sum that came since the last look at the present rate.

        So a rate that falls is a loss, and a deposit in another currency is no profit.
        """
        state = self._loop.engine.state
        for currency, wallet in account.wallets.items():
            came = -wallet.capital - known.capital.get(currency, 0)
            if came:
                known.brought += converted(state, came, currency, account.currency)
                known.capital[currency] = -wallet.capital
        return known.brought

    def _result(self, account: Account, equity: int) -> Remembered:
        day = self._loop.engine.state.time_ns // DAY_NS
        known = self._remembered.get(account.name)
        if known is None:
            known = self._remembered[account.name] = Remembered(0, equity, day, 0)
            known.peak = known.day_result = equity - self._brought_in(account, known)
        result = known.result = equity - self._brought_in(account, known)
        if result > known.peak:
            known.peak, known.peak_equity = result, equity
        if day != known.day:
            known.day, known.day_result = day, result
        return known

    def _simulated(
        self, account: Account, values: dict[str, int], digits: int
    ) -> dict[str, Decimal | None]:
        numbers = self._loop.engine.state.market_numbers
        floats = {name: value / 10.0**digits for name, value in values.items()}
        name, loss = worst_stress(floats, self._rules.scenarios)
        self.worst_scenarios[account.name] = name
        found: dict[str, Decimal | None] = {"stress_loss": _rounded(loss, digits)}
        returns = returns_of(list(self._prices))
        places = [numbers[name] for name in floats]
        if len(returns) < PERIODS_MIN or not places:
            return found
        past, now = returns[:, places], np.array(list(floats.values()))
        for name, function in (
            ("value_at_risk", simulated_value_at_risk),
            ("parametric_value_at_risk", covariance_value_at_risk),
            ("expected_shortfall", simulated_expected_shortfall),
        ):
            loss_at_risk = function(now, past, CONFIDENCE)
            found[name] = None if loss_at_risk is None else _rounded(loss_at_risk, digits)
        return found

    # --- acting ------------------------------------------------------------------------------

    async def _act(self, account: Account, threshold: Threshold, value: Decimal) -> None:
        scope, level = f"account:{account.name}", threshold.level
        shown = f"{value:f}"[:24]
        reason = f"{threshold.measure} {shown} reached {level.name.lower()} at {threshold.value}"
        LOG.warning("risk_level account=%s %s", account.name, reason.replace(" ", "_"))
        self._loop.offer(
            m.RiskLevelReached(
                0, scope, threshold.measure, shown, str(threshold.value), level.name.lower()
            )
        )
        if level in (Level.BLOCK, Level.FLATTEN):
            await self.halt(m.Halted(0, scope, reason, BY))
        elif level is Level.REDUCE_ONLY:
            await self._reduce_only(account, scope)
        if level is Level.FLATTEN:
            self.flatten(scope)

    async def _reduce_only(self, account: Account, scope: str) -> None:
        """No position may grow: a limit of 0 lets through what makes one smaller."""
        state = self._loop.engine.state
        request = ChangeLimitsRequest(scope, {"position_notional": "0"}, BY)
        try:
            await self._actions.perform(request)
        except OutsideError as error:  # it holds, but would not outlive a restart
            LOG.error("risk_level_not_kept error=%s", str(error).replace(" ", "_"))
        if state.halts.get(scope, ("", ""))[1] == BY:
            self._loop.offer(m.Resumed(0, scope, BY))
        for event in cancels_of(state, account):
            self._loop.offer(event)

    def _flatten(self, scope: str) -> None:
        """Close what is held and not being closed; say so when nothing is left.

        Whoever lifts the halt meanwhile ends it: their word is later than the one to flatten.
        """
        state = self._loop.engine.state
        if scope not in state.halts:
            self._flattening.discard(scope)
            return
        if not holds_in(state, scope):
            self._flattening.discard(scope)
            self._loop.offer(m.Halted(0, scope, "flattened", BY))
            return
        tried_ns = self._tried_ns.get(scope)
        if tried_ns is not None and state.time_ns - tried_ns < TRY_AGAIN_NS:
            return
        self._tried_ns[scope] = state.time_ns
        for event in closings_of(state, scope):
            self._loop.offer(event)

    # --- what outlives a restart -------------------------------------------------------------

    def _load(self) -> dict[str, Remembered]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Remembered])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            raise UserError(f"{self._path} cannot be read ({error}): remove it") from None

    def _save(self) -> None:
        data = msgspec.json.encode(self._remembered)
        if data == getattr(self, "_saved", b""):
            return
        beside = self._path.with_suffix(".new")
        try:
            beside.write_bytes(data)
            beside.replace(self._path)
        except OSError as error:
            LOG.error("risk_monitor_not_saved error=%s", error.strerror)
            return
        self._saved: bytes = data


def _share(value: int, equity: int) -> Decimal | None:
    """A value over equity; without equity what is held at all passes each level.

    >>> _share(3, 2), _share(0, 0), _share(1, -5) == MOST_SHARE
    (Decimal('1.5'), None, True)
    """
    if equity > 0:
        return min(Decimal(value) / equity, MOST_SHARE)
    return MOST_SHARE if value else None


def _holdings(account: Account) -> list[Holding]:
    return [holding for holding in account.scope.holdings if holding is not None]


def _is_held(holding: Holding) -> bool:
    return bool(holding.position or holding.long or holding.short)


def _rounded(value: float, digits: int) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits))
