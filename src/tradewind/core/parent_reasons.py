"""Why the core works a parent as it does, in words for its record."""

from __future__ import annotations

from tradewind.core.parent_order import ParentOrder
from tradewind.core.state import State
from tradewind.model.algorithm_messages import Algorithm
from tradewind.model.numbers import format_plain

_PERCENT_DIGITS = 7


def parent_reason(state: State, parent: ParentOrder) -> str:
    """What the core does with a parent that it has taken in."""
    terms = parent.terms
    name = Algorithm(terms.algorithm).name
    whole = _quantity(state, parent, parent.quantity)
    if terms.algorithm == Algorithm.ICEBERG:
        shown = _quantity(state, parent, terms.display)
        if parent.is_whole:
            venue = state.markets[parent.instrument].venue
            return f"{venue} works it as one order: {name}, {shown} of {whole} shown at a time"
        return f"the core works it: {name}, {shown} of {whole} shown at a time"
    if terms.algorithm == Algorithm.POV:
        return f"the core works it: {name}, {_percent(terms.participation)} of the volume"
    if terms.weights:
        return f"the core works it: {name} in {len(terms.weights)} slices"
    return f"the core works it: {name}"


def child_reason(state: State, parent: ParentOrder, due: int) -> str:
    """Why a child is sent now."""
    terms = parent.terms
    of_whole = f"{_quantity(state, parent, due)} of {_quantity(state, parent, parent.quantity)}"
    if parent.is_crossing_at(state.time_ns):
        return "the window is over and the rest crosses"
    if terms.algorithm == Algorithm.ICEBERG:
        filled = _quantity(state, parent, parent.filled_quantity)
        if parent.is_whole:
            return f"all that is left, with {filled} filled"
        if parent.refusal:
            venue = state.markets[parent.instrument].venue
            return f"{venue} refused one order ({parent.refusal}): shown with {filled} filled"
        return f"shown with {filled} filled"
    if terms.weights:
        number = parent.slice_at(state.time_ns)
        return f"slice {number} of {len(terms.weights)}, {of_whole} due"
    if terms.participation:
        volume = _quantity(state, parent, parent.volume)
        return f"{_percent(terms.participation)} of a volume of {volume}, {of_whole} due"
    return f"{of_whole} due"


def _quantity(state: State, parent: ParentOrder, units: int) -> str:
    market = state.markets[parent.instrument]
    return format_plain(units, market.instrument.quantity_digits)


def _percent(share: int) -> str:
    """A share of 10^-9 as text.

    >>> _percent(10**9 // 8)
    '12.5 %'
    """
    return f"{format_plain(share, _PERCENT_DIGITS)} %"
