"""Desk actions: what persons ask of an engine beside orders: strategies, limits, venues."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tradewind.core.exposure import Holding, Scope
from tradewind.core.state import Account, State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import currency_digits
from tradewind.model.limits import Limits
from tradewind.model.numbers import format_units
from tradewind.runtime.acceptance import Acceptance, check_accepted
from tradewind.runtime.control_messages import (
    ChangeLimitsRequest,
    ChangeRiskRuleRequest,
    ExposuresRequest,
    FlattenRequest,
    LimitsRequest,
    Performed,
    ReconcileRequest,
    RiskRulesRequest,
    StartStrategyRequest,
    StopStrategyRequest,
    check_scope,
)
from tradewind.runtime.kept_choices import load_choices, save_choices, with_changes
from tradewind.runtime.loop import Loop
from tradewind.runtime.read_models import ExposureRow
from tradewind.runtime.risk_rules import RiskRules
from tradewind.runtime.scope_limits import check_held
from tradewind.runtime.state_rows import gross_exposure, value_in_account
from tradewind.runtime.venue_watch import VenueWatch

LEVERAGE_STEP = Decimal("0.0001")


class StrategyHost(Protocol):
    """Starts and stops strategies of a running engine; both return the sequence, once durable."""

    async def start(self, name: str, parameters: dict[str, str], by: str) -> int:
        """Start a strategy that does not run; `UserError` where it runs or cannot."""

    async def stop(self, name: str, by: str) -> int:
        """Stop a strategy that runs; its open orders stay until canceled."""


class DeskActions:
    """Performs requests for one engine on its event loop."""

    def __init__(self, loop: Loop, watches: list[VenueWatch], home: Path) -> None:
        self._loop = loop
        self._watches = watches
        self._home = home
        self.host: StrategyHost | None = None
        self.flatten: Callable[[str], None] | None = None
        self.rules: RiskRules | None = None
        self._performing: dict[type, Callable[[Any], Awaitable[Any]]] = {
            LimitsRequest: self._limits,
            ChangeLimitsRequest: self._change_limits,
            RiskRulesRequest: self._risk_rules,
            ChangeRiskRuleRequest: self._change_risk_rule,
            ExposuresRequest: self._exposures,
            FlattenRequest: self._flatten,
            StartStrategyRequest: self._start_strategy,
            StopStrategyRequest: self._stop_strategy,
            ReconcileRequest: self._reconcile,
        }

    async def perform(self, request: Performed) -> Any:
        """Do what is asked and return plain data; raises `UserError` and `OutsideError`."""
        return await self._performing[type(request)](request)

    @property
    def _state(self) -> State:
        return self._loop.engine.state

    async def _limits(self, _: LimitsRequest) -> dict[str, Any]:
        rows = [
            {"scope": scope.name, "limits": shown_limits(scope.limits)}
            for scope in [*self._state.scopes(), *self._state.venues.values()]
        ]
        return {"sequence": self._state.sequence, "limits": rows}

    async def _change_limits(self, request: ChangeLimitsRequest) -> dict[str, Any]:
        scope = self._scope(request.scope)
        wanted = with_changes(scope.limits, request.changes)
        check_held(self._state, scope, wanted)
        event = m.LimitsChanged(0, request.scope, wanted, request.by)
        sequence = await self._loop.submit(event)
        choices = load_choices(self._home)
        changes = {**choices.limits.get(request.scope, {}), **request.changes}
        limits = {**choices.limits, request.scope: changes}
        save_choices(self._home, msgspec.structs.replace(choices, limits=limits))
        return {"sequence": sequence, "scope": request.scope, "limits": shown_limits(wanted)}

    def _scope(self, name: str) -> Scope:
        """The scope of a name; one of an instrument or venue that has no limits yet is empty."""
        known = {scope.name: scope for scope in self._state.scopes()}
        known |= {scope.name: scope for scope in self._state.venues.values()}
        kind, _, rest = name.partition(":")
        if name not in known and kind == "venue" and rest:
            return Scope(name, "")
        if name not in known and kind == "instrument" and rest in self._state.market_numbers:
            return Scope(name, self._state.firm.currency)
        if name not in known:
            raise UserError(f"there are no limits of {name!r}: known are {', '.join(known)}")
        return known[name]

    async def _risk_rules(self, _: RiskRulesRequest) -> dict[str, Any]:
        return self._ruling().shown()

    async def _change_risk_rule(self, request: ChangeRiskRuleRequest) -> dict[str, Any]:
        return await self._ruling().change(request)

    def _ruling(self) -> RiskRules:
        if self.rules is None:
            raise UserError("this engine has no rules of risk: it has no risk monitor")
        return self.rules

    async def _exposures(self, _: ExposuresRequest) -> dict[str, Any]:
        rows = [exposure_row(self._state, account) for account in self._state.accounts]
        return {"sequence": self._state.sequence, "accounts": rows}

    async def _flatten(self, request: FlattenRequest) -> dict[str, Any]:
        """Only behind a halt: else a strategy would open again what is closed."""
        scope, state = check_scope(request.scope), self._state
        if self.flatten is None:
            raise UserError("this engine flattens nothing: it has no risk monitor")
        if scope not in state.halts:
            raise UserError(f"{scope} is not halted: halt it, then flatten it")
        self.flatten(scope)
        reason = f"{state.halts[scope][0]}; flatten (asked by {request.by})"
        sequence = await self._loop.submit(m.Halted(0, scope, reason[:500], request.by))
        return {"sequence": sequence, "flattening": scope}

    async def _start_strategy(self, request: StartStrategyRequest) -> dict[str, int]:
        host = self._hosting()
        return {"sequence": await host.start(request.strategy, request.parameters, request.by)}

    async def _stop_strategy(self, request: StopStrategyRequest) -> dict[str, int]:
        return {"sequence": await self._hosting().stop(request.strategy, request.by)}

    async def _reconcile(self, request: ReconcileRequest) -> dict[str, Any]:
        watch = next((one for one in self._watches if one.row()["venue"] == request.venue), None)
        if watch is None:
            known = ", ".join(one.row()["venue"] for one in self._watches) or "none"
            raise UserError(f"there is no venue {request.venue!r}: known are {known}")
        if request.seen and not request.reason.strip():
            raise UserError("say why the venue's word is taken: the journal keeps the reason")
        reconciliation = watch.reconciliation
        acceptance = Acceptance(request.seen, f"{request.reason} ({request.by})")
        if not await reconciliation.look(acceptance):
            raise UserError(f"{request.venue} did not answer: {reconciliation.failed}")
        if request.seen:
            check_accepted(reconciliation.rows)
        return {"sequence": self._state.sequence, "differences": reconciliation.rows}

    def _hosting(self) -> StrategyHost:
        if self.host is None:
            raise UserError("this engine takes no strategies while it runs")
        return self.host


def shown_limits(limits: Limits) -> dict[str, Any]:
    """The limits that are set, in plain values.

    >>> shown_limits(Limits(leverage="2"))
    {'leverage': '2'}
    """
    found: dict[str, Any] = msgspec.to_builtins(limits)
    return found


def exposure_row(state: State, account: Account) -> ExposureRow:
    """Gross and net notional of an account's positions, and the share of its equity."""
    digits = currency_digits(account.currency)
    equity, gross = state.equity(account), gross_exposure(account)
    holdings: list[Holding] = [one for one in account.scope.holdings if one is not None]
    return ExposureRow(
        account=account.name,
        currency=account.currency,
        equity=format_units(equity, digits),
        gross=format_units(gross, digits),
        net=format_units(sum(map(value_in_account, holdings)), digits),
        leverage=str((Decimal(gross) / equity).quantize(LEVERAGE_STEP)) if equity > 0 else "",
        instruments={
            holding.market.id: format_units(value_in_account(holding), digits)
            for holding in holdings
            if holding.value
        },
    )
