"""How `buy` and `sell` with more than plain terms become orders: brackets, trails, amounts."""

from __future__ import annotations

from typing import Any

from tradewind.analysis.execution_curves import URGENCY, shortfall_curve
from tradewind.core.held_terms import HeldTerms
from tradewind.core.parent_terms import SLICES, AlgorithmTerms
from tradewind.core.view import Number, View
from tradewind.model.errors import UserError
from tradewind.model.orders import Side

PLAIN = frozenset(("limit", "stop", "time_in_force", "flags", "leg", "expire_time_ns"))
"""Terms of an order that goes to the venue as it is."""
EXITS = frozenset(("take_profit", "stop_loss", "trailing_loss", "trailing_loss_percent"))
"""Terms of a bracket: what closes the position once the order has filled."""
HOLDING = frozenset(("touch", "trail", "trail_percent", "after", "oco"))
"""Terms of an order that the core holds."""
WORKING = frozenset(("algorithm", "display", "route"))
"""Terms of which one makes an order that the core works with children."""
WORKED = frozenset(AlgorithmTerms._fields) - {"side", "quantity"} | {"urgency"}
"""Terms that such an order may have."""
KNOWN = PLAIN | EXITS | HOLDING | WORKED | {"value"}


def place(view: View, instrument: str, side: Side, quantity: Number, terms: dict[str, Any]) -> str:
    """Want an order and what hangs on it; the id of the order itself."""
    unknown = sorted(set(terms) - KNOWN)
    if unknown:
        known = ", ".join(sorted(KNOWN))
        raise UserError(f"an order has no {unknown[0]}=: known are {known}")
    exits = {name: terms.pop(name) for name in EXITS & set(terms)}
    if "value" in terms:
        if quantity:
            raise UserError("give a quantity or value=, not both")
        quantity = view.quantity_for(instrument, side, terms.pop("value"))
    if WORKING & set(terms):
        if exits:
            raise UserError(f"an algorithm has no {min(exits)}=: place the exit when it fills")
        return work(view, instrument, side, quantity, terms)
    if HOLDING & set(terms):
        identifier = view.hold(instrument, HeldTerms(side, quantity, **terms))
    else:
        identifier = view.submit(instrument, side, quantity, **terms)
    if exits:
        _bracket(view, instrument, identifier, side, quantity, terms, exits)
    return identifier


def work(view: View, instrument: str, side: Side, quantity: Number, terms: dict[str, Any]) -> str:
    """Want an order worked by an algorithm; `display` alone is an iceberg, `route` goes at once."""
    wrong = sorted(set(terms) - WORKED)
    if wrong:
        raise UserError(f"an algorithm has no {wrong[0]}=: known are {', '.join(sorted(WORKED))}")
    terms = {"algorithm": "iceberg" if "display" in terms else "at_once", **terms}
    return view.work(instrument, AlgorithmTerms(side=side, quantity=quantity, **curve_of(terms)))


def curve_of(terms: dict[str, Any]) -> dict[str, Any]:
    """Terms of an algorithm with the curve that shortfall makes of its `urgency`.

    >>> curve_of({"algorithm": "shortfall", "slices": 2, "urgency": 0})["curve"]
    (500000, 500000)
    """
    if terms["algorithm"] == "shortfall" and not terms.get("curve"):
        urgency = float(terms.get("urgency", URGENCY))
        curve = shortfall_curve(int(terms.get("slices", SLICES)), urgency)
        return {name: value for name, value in terms.items() if name != "urgency"} | {
            "curve": curve
        }
    if "urgency" in terms:
        raise UserError("urgency: only shortfall without a curve has one")
    return terms


def _bracket(
    view: View,
    instrument: str,
    entry: str,
    side: Side,
    quantity: Number,
    terms: dict[str, Any],
    exits: dict[str, Any],
) -> None:
    """A limit order at the profit, and a stop at the loss, of which one closes the position."""
    stops = [name for name in exits if name != "take_profit"]
    if len(stops) > 1:
        raise UserError(f"a bracket has one stop: {stops[0]}= or {stops[1]}=, not both")
    closing = Side(-side)
    common: dict[str, Any] = {"after": entry, "oco": entry}
    if "leg" in terms:
        common["leg"] = terms["leg"]
    if "take_profit" in exits:
        view.hold(instrument, HeldTerms(closing, quantity, limit=exits["take_profit"], **common))
    if stops:
        kind = {
            "stop_loss": "stop",
            "trailing_loss": "trail",
            "trailing_loss_percent": "trail_percent",
        }[stops[0]]
        view.hold(instrument, HeldTerms(closing, quantity, **{kind: exits[stops[0]]}, **common))
