"""Files of corporate actions: our own CSV, factor files, and map files of names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, get_args

from tradewind.adapters.files.factor_file import DAY_NS, actions_of_factors, read_factors
from tradewind.adapters.files.sources import open_source
from tradewind.model.corporate_actions import ActionKind, CorporateAction, check_action
from tradewind.model.errors import BadData

HEADER = ("kind", "ex_date", "new", "old", "amount")
EPOCH = date(1970, 1, 1)


def read_actions(path: Path, form: str) -> list[CorporateAction]:
    """All actions of a file of one of `ACTION_FORMATS`; `BadData` names the line at fault."""
    return ACTION_FORMATS[form].read(path)


def _of_csv(path: Path) -> list[CorporateAction]:
    """split,2020-08-31,4,1, / dividend,2024-05-10,,,0.25 / rename,2022-06-09,META,FB,"""
    rows = _rows(path)
    if rows and rows[0][1] == list(HEADER):
        rows = rows[1:]
    return [_of_row(f"{path.name}: line {line}", fields) for line, fields in rows]


def _of_row(place: str, fields: list[str]) -> CorporateAction:
    kind, day, new, old, amount = [*fields, "", "", "", "", ""][: len(HEADER)]
    if kind not in get_args(ActionKind) or len(fields) > len(HEADER):
        raise BadData(f"{place} is no action: write it like {','.join(HEADER)}, split,2020-08-31,4")
    ex_date_ns = _day_ns(place, day)
    one = "" if kind == "rename" else "1"
    action = CorporateAction(
        "split" if kind == "split" else "dividend" if kind == "dividend" else "rename",
        ex_date_ns,
        new=new or one,
        old=old or one,
        amount=amount or "0",
    )
    try:
        check_action(action)
    except BadData as error:
        raise BadData(f"{place}: {error}") from None
    return action


def _of_factor_file(path: Path) -> list[CorporateAction]:
    """20130918,0.8619226,1,170.76"""
    return actions_of_factors(read_factors(path))


def _of_map_file(path: Path) -> list[CorporateAction]:
    """20140402,goog / 20501231,googl: the name up to a day, that day included"""
    names: list[tuple[str, int]] = []
    for line, fields in _rows(path):
        place = f"{path.name}: line {line}"
        if len(fields) < 2 or not fields[1]:
            raise BadData(f"{place} is no day and name: write it like 20140402,goog")
        names.append((fields[1].upper(), _day_ns(place, fields[0])))
    if [last_ns for _, last_ns in names] != sorted({last_ns for _, last_ns in names}):
        raise BadData(f"{path.name}: the days are out of order or doubled: sort the lines")
    return [
        CorporateAction("rename", last_ns + DAY_NS, new=new, old=old)
        for (old, last_ns), (new, _) in pairwise(names)
        if new != old
    ]


class ActionFormat(NamedTuple):
    """A kind of file: what it is, and who reads it."""

    summary: str
    read: Callable[[Path], list[CorporateAction]]


ACTION_FORMATS: dict[str, ActionFormat] = {
    "csv": ActionFormat(",".join(HEADER), _of_csv),
    "factor-file": ActionFormat("date,price factor,split factor,reference price", _of_factor_file),
    "map-file": ActionFormat("date,name up to it", _of_map_file),
}


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The lines that are not empty, with their numbers."""
    found: list[tuple[int, list[str]]] = []
    with open_source(path) as source:
        for number, line in enumerate(source.stream.read().decode("utf-8", "replace").splitlines()):
            if line.strip():
                found.append((number + 1, [field.strip() for field in line.split(",")]))
    return found


def _day_ns(place: str, text: str) -> int:
    """UTC midnight of 2020-08-31 or 20200831."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadData(f"{place}: {text!r} is no day: write it like 2020-08-31") from None
    return (day - EPOCH) // timedelta(days=1) * DAY_NS
