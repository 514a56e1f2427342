"""Lots of a ledger: its trades by account, strategy, instrument and leg, and its splits."""

from __future__ import annotations

from tradewind.analysis.ledger import Entry, Ledger, PositionKey
from tradewind.analysis.lots import LotFill, Lots, Method, post, split_lots
from tradewind.model.orders import Leg

TRADES = frozenset(["fill", "transfer", "liquidation", "delisting"])
"""Kinds of entries that open or close lots."""


def lots_of_ledger(ledger: Ledger, method: Method) -> dict[PositionKey, Lots]:
    """The lots of each position of a ledger that kept its entries from the beginning.

    Raises `UserError` where a split left a lot with a part of a unit. A netting account has one
    position an instrument and strategy, a hedging one two; their trades are told apart by `leg`.

    >>> lots_of_ledger(Ledger(), Method.FIFO)
    {}
    """
    found: dict[PositionKey, Lots] = {}
    for entry in ledger.entries:
        if entry.kind in TRADES and entry.quantity:
            lots = _lots(found, ledger, entry, method)
            post(lots, LotFill(entry.time_ns, entry.quantity, entry.price))
        elif entry.kind == "split":
            new, _, old = entry.reference.partition(":")
            split_lots(_lots(found, ledger, entry, method), int(new), int(old))
    return found


def lot_rows(found: dict[PositionKey, Lots]) -> list[dict[str, str]]:
    """The closed lots of all positions as decimal text, in order of their closing."""
    rows = [
        {"account": account, "strategy": strategy, "instrument": name, "leg": Leg(leg).name, **row}
        for (account, strategy, name, leg), lots in found.items()
        for row in lots.rows()
    ]
    return sorted(rows, key=lambda row: int(row["closed_time_ns"]))


def _lots(found: dict[PositionKey, Lots], ledger: Ledger, entry: Entry, method: Method) -> Lots:
    key = ledger.key(entry.account, entry.strategy, entry.instrument, entry.leg)
    known = found.get(key)
    if known is None:
        known = found[key] = Lots(ledger.markets[entry.instrument].instrument, method, [], [])
    return known
