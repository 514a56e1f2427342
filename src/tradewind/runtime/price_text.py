"""A price as rows have it."""

from __future__ import annotations

from tradewind.model.numbers import format_units
from tradewind.ports.records import InstrumentRow


def price_text(units: int, instrument: InstrumentRow) -> str:
    """Exact text of a price in units of the instrument; "" for none."""
    return format_units(units, instrument.price_digits) if units else ""
