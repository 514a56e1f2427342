"""Corporate actions: splits, dividends and new names of an instrument, each from an ex-date on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import groupby
from typing import Literal

import msgspec

from tradewind.model.column_merge import OnConflict, time_text
from tradewind.model.errors import BadData

ActionKind = Literal["split", "dividend", "rename"]

FACTOR_DIGITS_MAX = 40
"""Characters of one number of an action."""


class CorporateAction(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened to an instrument before the session of its ex-date began.

    A split makes `new` shares of `old`; a dividend pays `amount` a share in the instrument's
    currency; a rename calls `old` by the name `new`. Numbers are decimal text, the date is UTC
    midnight. `factor` is by what prices of before are multiplied, as text of a number or of a
    quotient, where the source says it itself; else it follows from the numbers.

    >>> CorporateAction("split", 0, new="4").ratio
    Fraction(4, 1)
    """

    kind: ActionKind
    ex_date_ns: int
    new: str = "1"
    old: str = "1"
    amount: str = "0"
    factor: str = ""

    @property
    def ratio(self) -> Fraction:
        """New shares for each old one."""
        return _number(self, self.new) / _number(self, self.old)

    @property
    def paid(self) -> Fraction:
        """What is paid for a share."""
        return _number(self, self.amount)

    @property
    def told_factor(self) -> Fraction | None:
        """The factor of prices where the source told it."""
        if not self.factor:
            return None
        above, _, below = self.factor.partition("/")
        return _number(self, above) / _number(self, below or "1")

    def __str__(self) -> str:
        day = time_text(self.ex_date_ns)[:10]
        words = {
            "split": f"{self.new} for {self.old}",
            "dividend": self.amount,
            "rename": f"{self.old} to {self.new}",
        }
        return f"{self.kind} of {day} ({words[self.kind]})"


class MergedActions(msgspec.Struct, frozen=True):
    """Actions in order of their ex-dates; how many were given, added, there, or gave way."""

    actions: tuple[CorporateAction, ...]
    given: int
    added: int
    same: int
    replaced: int


def check_action(action: CorporateAction) -> None:
    """Refuse with `BadData` an action whose numbers cannot be.

    >>> check_action(CorporateAction("split", 0, new="0"))
    Traceback (most recent call last):
    tradewind.model.errors.BadData: split of 1970-01-01 (0 for 1): its numbers must be ...
    """
    if action.kind == "split":
        _check_positive(action, action.new, action.old)
    elif action.kind == "dividend":
        _check_positive(action, action.amount)
    elif not action.new or not action.old or action.new == action.old:
        raise BadData(f"{action}: a rename has an old and a new name: give both")
    if action.factor:
        _check_positive(action, *action.factor.split("/", 1))


def merge_actions(
    stored: Iterable[CorporateAction], given: Iterable[CorporateAction], on_conflict: OnConflict
) -> MergedActions:
    """Actions of both by ex-date; all of one kind and day are one group, as a day may pay twice.

    A group that both have must be the same, unless `on_conflict` is "replace".

    >>> four = CorporateAction("split", 0, new="4")
    >>> merge_actions([four], [four], "refuse").same
    1
    """
    before, after = _groups(stored), _groups(given)
    added = same = replaced = 0
    for key, group in after.items():
        there = before.get(key)
        if there == group:
            same += len(group)
            continue
        if there is not None and on_conflict == "refuse":
            raise BadData(
                f"there is another {there[0]} stored, not {group[0]}: give the same, or replace "
                "the stored one (--replace)"
            )
        replaced += len(there or ())
        added += len(group) if there is None else 0
    whole = before | after
    ordered = [action for key in sorted(whole) for action in whole[key]]
    given_count = sum(map(len, after.values()))
    return MergedActions(tuple(ordered), given_count, added, same, replaced)


Group = Sequence[CorporateAction]


def _groups(actions: Iterable[CorporateAction]) -> dict[tuple[int, str], Group]:
    ordered = sorted(actions, key=lambda each: (_key(each), each.amount, each.new, each.old))
    for action in ordered:
        check_action(action)
    return {key: tuple(group) for key, group in groupby(ordered, _key)}


def _key(action: CorporateAction) -> tuple[int, str]:
    return action.ex_date_ns, action.kind


def _check_positive(action: CorporateAction, *texts: str) -> None:
    if not all(_number(action, text) > 0 for text in texts):
        raise BadData(f"{action}: its numbers must be greater than zero: mend it")


def _number(action: CorporateAction, text: str) -> Fraction:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(text) > FACTOR_DIGITS_MAX or abs(number.adjusted()) > 20:
        raise BadData(f"{action}: {text[:FACTOR_DIGITS_MAX]!r} is no number it can have: mend it")
    return Fraction(number)
