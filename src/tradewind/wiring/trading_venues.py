"""The venues a run can trade at: a table of files, one a venue.

Another venue is another file with an `ENTRY`, named here. A file imports its adapters where it
builds them, so that a run loads those of its own venue alone.
"""

from __future__ import annotations

from tradewind.model.errors import UserError
from tradewind.wiring import alpaca, binance, ccxt, massive
from tradewind.wiring.venue_entry import VenueEntry

SIM = "sim"

VENUES: dict[str, VenueEntry] = {
    entry.name: entry for entry in (alpaca.ENTRY, binance.ENTRY, binance.USDM_ENTRY, massive.ENTRY)
}
"""By the name that people type."""

FAMILIES = {ccxt.PREFIX: ccxt.entry_of}
"""By the beginning of the name, like `ccxt:kraken`: who makes an entry of the rest."""


def venue_entry(name: str) -> VenueEntry:
    """The entry of a venue by the name that people type.

    >>> venue_entry("alpaca").currency
    'USD'
    """
    for prefix, entry_of in FAMILIES.items():
        if name.startswith(prefix):
            return entry_of(name.removeprefix(prefix))
    if name not in VENUES:
        known = ", ".join([*sorted([SIM, *VENUES]), *(f"{prefix}NAME" for prefix in FAMILIES)])
        raise UserError(f"there is no venue {name!r}: choose from {known}")
    return VENUES[name]
