"""Rules of the risk monitor that people change while it runs: levels, stress scenarios, terms.

Each change is an event of the journal with who made it, and a choice of the home, so that it holds
over a restart. Levels and scenarios are read by the monitor, terms of accounts by the core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tradewind.analysis.position_risk import EVERYTHING, Scenario
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.account_terms import AccountTerms, parse_terms
from tradewind.model.errors import UserError
from tradewind.runtime.control_messages import ChangeRiskRuleRequest
from tradewind.runtime.kept_choices import Choices, load_choices, over_settings, save_choices
from tradewind.runtime.loop import Loop
from tradewind.runtime.new_code import NewCode
from tradewind.runtime.risk_levels import Threshold, levels_of, thresholds_of
from tradewind.runtime.stress_scenarios import Given, check_scenarios, scenarios_of

Levels = Mapping[str, Mapping[str, Any]]


class RiskRules:
    """The rules of one home: those of the settings, with what people chose over them."""

    def __init__(
        self, loop: Loop, home: Path, *, levels: Levels, scenarios: Given, new_code: NewCode
    ) -> None:
        self._new_code = new_code
        self._loop = loop
        self._home = home
        self._changing = asyncio.Lock()
        choices = load_choices(home)
        self._levels = merged_levels(levels, choices.levels)
        self._scenarios = merged_scenarios(scenarios, choices.scenarios)
        with over_settings(home, choices.levels):
            self.thresholds: tuple[Threshold, ...] = thresholds_of(self._levels)
        with over_settings(home, choices.scenarios):
            self.scenarios: dict[str, Scenario] = scenarios_of(self._scenarios)

    def shown(self) -> dict[str, Any]:
        """Levels, scenarios and the terms of each account, in plain values."""
        state = self._loop.engine.state
        terms = {one.name: None if one.margin is None else one.margin.terms
                 for one in state.accounts}  # fmt: skip
        return {
            "sequence": state.sequence,
            "levels": levels_of(self.thresholds),
            "scenarios": {name: dict(one) for name, one in self._scenarios.items()},
            "terms": msgspec.to_builtins(terms),
            "code": self._new_code.shown(state),
        }

    async def change(self, request: ChangeRiskRuleRequest) -> dict[str, Any]:
        """Make one change durable; `UserError` where it cannot be meant, and nothing changed."""
        change = {"levels": self._level, "scenarios": self._scenario, "terms": self._term,
                  "code": self._approve}  # fmt: skip
        async with self._changing:
            sequence = await change[request.kind](request)
        return self.shown() | {"sequence": sequence}

    async def _level(self, request: ChangeRiskRuleRequest) -> int:
        given = _given(request)
        wanted = merged_levels(self._levels, {request.name: given})
        thresholds = thresholds_of(wanted)
        sequence = await self._tell(request, wanted.get(request.name, {}))
        self._levels, self.thresholds = wanted, thresholds
        choices = load_choices(self._home)
        kept = {**choices.levels.get(request.name, {}), **given}
        self._keep(choices, levels={**choices.levels, request.name: kept})
        return sequence

    async def _scenario(self, request: ChangeRiskRuleRequest) -> int:
        if request.changes is None and request.name not in self._scenarios:
            known = ", ".join(map(repr, self._scenarios)) or "none"
            raise UserError(f"there is no scenario {request.name!r}: known are {known}")
        shocks = None if request.changes is None else _texts(request.changes)
        wanted = merged_scenarios(self._scenarios, {request.name: shocks})
        check_scenarios(wanted)
        _check_listed(self._loop.engine.state, shocks or {})
        sequence = await self._tell(request, shocks)
        self._scenarios, self.scenarios = wanted, scenarios_of(wanted)
        choices = load_choices(self._home)
        self._keep(choices, scenarios={**choices.scenarios, request.name: shocks})
        return sequence

    async def _term(self, request: ChangeRiskRuleRequest) -> int:
        """The core takes the terms from the event itself."""
        margin = self._loop.engine.state.account(request.name).margin
        wanted = changed_terms(None if margin is None else margin.terms, request.changes)
        sequence = await self._loop.submit(m.AccountTermsSet(0, request.name, wanted, request.by))
        choices = load_choices(self._home)
        kept = None if wanted is None else msgspec.to_builtins(wanted)
        self._keep(choices, terms={**choices.terms, request.name: kept})
        return sequence

    async def _approve(self, request: ChangeRiskRuleRequest) -> int:
        """The strategy's code is no longer new: from here on its usual limits hold."""
        book = self._loop.engine.state.strategy(request.name)
        code = (request.changes or {}).get("code", "")
        if not code or code != book.code:
            raise UserError(f"{request.name} runs code {book.code or '(none)'}, not {code!r}")
        if not self._new_code.is_new(request.name, code):
            raise UserError(f"code {code} of {request.name} is approved, or needs no approval")
        limits = self._new_code.approved_limits(request.name)
        await self._loop.submit(m.LimitsChanged(0, f"strategy:{request.name}", limits, request.by))
        sequence = await self._tell(request, {"code": code})
        choices = load_choices(self._home)
        self._keep(choices, codes={**choices.codes, request.name: code})
        return sequence

    async def _tell(self, request: ChangeRiskRuleRequest, value: Any) -> int:
        told = msgspec.json.encode(value, order="sorted").decode()
        return await self._loop.submit(
            m.RiskRuleChanged(0, request.kind, request.name, told, request.by)
        )

    def _keep(self, choices: Choices, **changed: Any) -> None:
        save_choices(self._home, msgspec.structs.replace(choices, **changed))


def merged_levels(base: Levels, changes: Levels) -> dict[str, dict[str, Any]]:
    """Levels with some of them changed; None takes one away.

    >>> merged_levels({"leverage": {"warn": "1", "block": "2"}}, {"leverage": {"warn": None}})
    {'leverage': {'block': '2'}}
    """
    merged: dict[str, dict[str, Any]] = {}
    for measure in dict.fromkeys([*base, *changes]):
        levels = {**base.get(measure, {}), **changes.get(measure, {})}
        kept = {name: value for name, value in levels.items() if value is not None}
        if kept:
            merged[measure] = kept
    return merged


def merged_scenarios(
    base: Given, changes: Mapping[str, Mapping[str, str] | None]
) -> dict[str, dict[str, str]]:
    """Scenarios with some put in, in the place of those of their name; None takes one away."""
    merged = {**base, **changes}
    return {name: dict(shocks) for name, shocks in merged.items() if shocks is not None}


def changed_terms(
    present: AccountTerms | None, changes: dict[str, Any] | None
) -> AccountTerms | None:
    """Terms with some of their fields changed; None for no terms at all.

    >>> wanted = changed_terms(AccountTerms(kind="cash"), {"settlement_days": 1})
    >>> wanted == AccountTerms(kind="cash", settlement_days=1)
    True
    """
    if changes is None:
        return None
    known = {} if present is None else msgspec.to_builtins(present)
    given = {name: value for name, value in {**known, **changes}.items() if value is not None}
    return parse_terms(msgspec.json.encode(given).decode())


def _given(request: ChangeRiskRuleRequest) -> dict[str, Any]:
    if request.changes is None:
        raise UserError(f"name the levels of {request.name} to change: null takes one away")
    return request.changes


def _texts(changes: dict[str, Any]) -> dict[str, str]:
    return {str(name): str(share) for name, share in changes.items()}


def _check_listed(state: State, shocks: Mapping[str, str]) -> None:
    for instrument in shocks:
        if instrument != EVERYTHING:
            state.market(instrument)
