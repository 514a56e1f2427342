"""New code of a strategy starts with small limits, until a person approves its hash.

RTS 6 (Commission Delegated Regulation (EU) 2017/589), article 7, wants a controlled start with
limits on what a new algorithm may do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from tradewind.core.limit_checks import check_limits
from tradewind.core.state import State
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.runtime.kept_choices import load_choices, with_changes

SMALLER_IS_TIGHTER = (
    "order_quantity",
    "order_notional",
    "position_quantity",
    "position_notional",
    "gross_exposure",
    "net_exposure",
    "leverage",
    "concentration",
    "capital",
    "risk_per_trade",
    "price_collar",
    "orders_per_second",
    "open_orders",
)
"""Limits that new code may have: of each the smaller one holds."""


def parse_small_limits(text: str) -> Limits | None:
    """The limits of new code from JSON; None for an empty text.

    >>> parse_small_limits('{"order_notional": "100"}').order_notional
    '100'
    >>> parse_small_limits('{"short_sale": false}')
    Traceback (most recent call last):
    tradewind.model.errors.UserError: new code limits: there is no 'short_sale': use ...
    """
    if not text.strip():
        return None
    try:
        given = json.loads(text)
    except ValueError as error:
        raise UserError(f"new code limits: {error}: write JSON as in docs/guides/risk.md") from None
    if not isinstance(given, dict):
        raise UserError("new code limits: write an object of limits")
    unknown = sorted(set(given) - set(SMALLER_IS_TIGHTER))
    if unknown:
        known = ", ".join(SMALLER_IS_TIGHTER)
        raise UserError(f"new code limits: there is no {unknown[0]!r}: use {known}")
    limits = with_changes(Limits(), given)
    try:
        check_limits(limits)
    except UserError as error:
        raise UserError(f"new code limits: {error}") from None
    return limits


def tightest(limits: Limits, small: Limits) -> Limits:
    """Of each limit of new code the smaller one; the others as they are.

    >>> wanted = tightest(Limits(leverage="2", open_orders=5), Limits(leverage="0.5", capital="9"))
    >>> wanted.leverage, wanted.open_orders, wanted.capital
    ('0.5', 5, '9')
    """
    changes: dict[str, Any] = {}
    for name in SMALLER_IS_TIGHTER:
        present, wanted = getattr(limits, name), getattr(small, name)
        if wanted is not None and (present is None or Decimal(wanted) < Decimal(present)):
            changes[name] = wanted
    return msgspec.structs.replace(limits, **changes)


class NewCode:
    """Says which limits a strategy has by its code; `limits` tells those of every scope.

    Without `small` limits all code counts as approved.
    """

    def __init__(
        self, home: Path, *, small: Limits | None, limits: Callable[[], Mapping[str, Limits]]
    ) -> None:
        self._home = home
        self._small = small
        self._limits = limits

    def is_new(self, strategy: str, code: str) -> bool:
        """Whether nobody has approved this code of a strategy."""
        return self._small is not None and load_choices(self._home).codes.get(strategy) != code

    def limits_of(self, state: State, strategy: str, code: str) -> Limits | None:
        """The limits a strategy starts with; None where it has none and had none."""
        if self.is_new(strategy, code):
            assert self._small is not None, "no code is new without limits for it"
            return tightest(self.approved_limits(strategy), self._small)
        wanted = self._limits().get(f"strategy:{strategy}")
        number = state.strategy_numbers.get(strategy)
        had = Limits() if number is None else state.strategies[number].scope.limits
        return Limits() if wanted is None and had != Limits() else wanted

    def approved_limits(self, strategy: str) -> Limits:
        """The limits of a strategy whose code is approved."""
        return self._limits().get(f"strategy:{strategy}", Limits())

    def shown(self, state: State) -> dict[str, dict[str, Any]]:
        """The code of each strategy, and whether it is approved."""
        return {
            book.name: {"code": book.code, "is_new": self.is_new(book.name, book.code)}
            for book in state.strategies
            if book.code
        }
