"""Limits by scope: from the settings, from what persons chose, against what is held."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradewind.core.bounds import OFF, Bounds
from tradewind.core.exposure import Holding, Scope
from tradewind.core.instrument_limits import PREFIX
from tradewind.core.limit_checks import check_limits
from tradewind.core.state import State
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.model.numbers import format_plain
from tradewind.runtime.kept_choices import load_choices, over_settings, with_changes

KINDS = ("firm", "account:", "strategy:", "instrument:", "venue:")


def parse_scope_limits(text: str) -> dict[str, dict[str, Any]]:
    """Changes of limits by scope out of a JSON text; none for an empty one.

    >>> parse_scope_limits('{"firm": {"leverage": "2"}}')
    {'firm': {'leverage': '2'}}
    >>> parse_scope_limits('{"firm": {"mood": 1}}')
    Traceback (most recent call last):
    tradewind.model.errors.UserError: risk limits of firm: there is no limit 'mood': known are ...
    """
    if not text.strip():
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise UserError(f"risk limits: {error}: write JSON as in docs/guides/risk.md") from None
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise UserError("risk limits: write an object of scopes, each with its limits")
    for scope, changes in given.items():
        if not scope.startswith(KINDS):
            raise UserError(
                f"risk limits: {scope!r} has no limits: use firm, account:NAME, strategy:NAME, "
                "instrument:ID or venue:NAME"
            )
        try:
            check_limits(with_changes(Limits(), changes))
        except UserError as error:
            raise UserError(f"risk limits of {scope}: {error}") from None
    return given


def limits_by_scope(
    base: Mapping[str, Limits],
    settings: Mapping[str, Mapping[str, Any]],
    choices: Mapping[str, Mapping[str, Any]],
) -> dict[str, Limits]:
    """The limits of every scope that anybody named: the settings over `base`, choices over both."""
    return {
        scope: with_changes(
            with_changes(base.get(scope, Limits()), dict(settings.get(scope, {}))),
            dict(choices.get(scope, {})),
        )
        for scope in dict.fromkeys([*base, *settings, *choices])
    }


def check_begun(state: State, limits: Mapping[str, Limits], home: Path) -> None:
    """Refuse with `UserError` limits by scope that a run begins with and that cannot be.

    Those that a person chose meanwhile are among them, and what is held counts as it does for a
    change: only a limit that is smaller than before is compared with it.
    """
    scopes = {one.name: one for one in state.scopes()}
    chosen = load_choices(home).limits
    for scope, wanted in limits.items():
        with over_settings(home, chosen.get(scope)):
            try:
                check_held(state, scopes.get(scope, Scope(scope, state.firm.currency)), wanted)
            except UserError as error:
                raise UserError(f"limits of {scope}: {error}") from None


def check_held(state: State, scope: Scope, wanted: Limits) -> None:
    """Refuse with `UserError` a new limit of positions that is below one that is held.

    A limit of 0 is let through: it says that positions may only shrink. So is one that stays or
    grows, since a price may have carried what is held beyond it: other limits can be set then too.
    """
    check_limits(wanted)
    is_of_instrument = scope.name.startswith(PREFIX)
    measured = state.firm.holdings if is_of_instrument else scope.holdings
    only = scope.name.removeprefix(PREFIX) if is_of_instrument else ""
    for holding in measured:
        if holding is not None and holding.position and only in ("", holding.market.id):
            _check_holding(scope, holding, wanted)


def _check_holding(scope: Scope, holding: Holding, wanted: Limits) -> None:
    market = holding.market
    bounds = Bounds(wanted, market.instrument, scope.currency)
    before = Bounds(scope.limits, market.instrument, scope.currency)
    held = abs(holding.position)
    worth = abs(holding.money(market.mark, holding.position))
    for name, value, limit in (
        ("position_quantity", held, bounds.position_quantity),
        ("position_notional", worth, bounds.position_notional),
    ):
        present = getattr(before, name)
        is_smaller = present == OFF or limit < present
        if limit not in (OFF, 0) and is_smaller and value > limit:
            quantity = format_plain(held, market.instrument.quantity_digits)
            raise UserError(
                f"{name} {getattr(wanted, name)} is below what {scope.name} holds, {quantity} of "
                f"{market.id}: reduce that first, or set 0, with which positions only shrink"
            )
