"""Stress scenarios: by which share each price moves, as people name them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tradewind.analysis.position_risk import EVERYTHING, Scenario
from tradewind.model.errors import UserError

SCENARIOS_MAX = 100
SHOCKS_MAX = 1_000
NAME_LENGTH_MAX = 64
RISE_MAX = Decimal(100)
"""The largest rise, as a share: to 101 times the price."""

Given = Mapping[str, Mapping[str, str]]
"""Scenarios by name, each with the shares by instrument as decimal text."""

STANDARD: Given = {
    "everything falls by 10 %": {EVERYTHING: "-0.1"},
    "everything rises by 10 %": {EVERYTHING: "0.1"},
    "everything falls by 30 %": {EVERYTHING: "-0.3"},
    "everything rises by 30 %": {EVERYTHING: "0.3"},
}
"""The scenarios where nobody names others."""


def parse_scenarios(text: str) -> Given:
    """The scenarios of a JSON text; the standard ones for an empty text.

    >>> parse_scenarios('{"coins halve": {"BTC/USDT.SIM": -0.5}}')
    {'coins halve': {'BTC/USDT.SIM': '-0.5'}}
    >>> parse_scenarios('{"doom": {"*": -2}}')
    Traceback (most recent call last):
    tradewind.model.errors.UserError: scenario 'doom': '*' moves by -1 (worthless) to 100: not '-2'
    """
    if not text.strip():
        return STANDARD
    try:
        given = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise UserError(
            f"stress scenarios: {error}: write JSON as in docs/guides/risk.md"
        ) from None
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise UserError(
            "stress scenarios: write an object of names, each with shares by instrument"
        )
    check_scenarios(given)
    return given


def check_scenarios(given: Given) -> None:
    """Refuse with `UserError` what is no scenario."""
    if len(given) > SCENARIOS_MAX:
        raise UserError(f"{len(given)} stress scenarios are too many: keep {SCENARIOS_MAX}")
    for name, shocks in given.items():
        if not 0 < len(name) <= NAME_LENGTH_MAX:
            raise UserError(f"a scenario's name has 1 to {NAME_LENGTH_MAX} letters: {name!r}")
        if not 0 < len(shocks) <= SHOCKS_MAX:
            raise UserError(
                f"scenario {name!r} names 1 to {SHOCKS_MAX} instruments, or {EVERYTHING!r}"
            )
        for instrument, share in shocks.items():
            _share(name, instrument, share)


def scenarios_of(given: Given) -> dict[str, Scenario]:
    """The scenarios as numbers, for the monitor.

    >>> scenarios_of({"crash": {"*": "-0.3"}})
    {'crash': {'*': -0.3}}
    """
    return {
        name: {one: float(_share(name, one, share)) for one, share in shocks.items()}
        for name, shocks in given.items()
    }


def _share(name: str, instrument: str, text: object) -> Decimal:
    try:
        share = Decimal(str(text))
    except InvalidOperation:
        share = Decimal("NaN")
    if not (share.is_finite() and -1 <= share <= RISE_MAX):
        raise UserError(
            f"scenario {name!r}: {instrument!r} moves by -1 (worthless) to {RISE_MAX}: not {text!r}"
        )
    return share
