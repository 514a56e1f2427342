"""The ground of a storm: all that a storm needs to know of one venue.

Another venue is another `Ground` and a test that calls `storm_over` with it (`test_venue_storm`
shows two). What to fill in:

- `name` and `options` start `tradewind venue`; give `--rates` so that the storm is not slowed by
  the venue's own rate limits, which the adapter must learn from the venue.
- `settings` are the environment of `tradewind run --mode live` for an account of that venue; the
  storm adds the three switches and the limits.
- `listed` names what is traded, each with an amount in units worth about thirty dollars, a price in
  units far below the market, and roughly what one is worth.
- `resting` are those of them in which orders rest, and the others are for orders at the market:
  for venues that refuse what could meet an order of our own. Without it all are for both.
- `unplayable` are faults of the local venue that this one does not have.
- `amends` is what may be changed of a resting order: "quantity" (down), "price" or "" for nothing.
- `name_of` turns a client id in the venue's log into our order id, where a replacement gets
  another one.
- `has_positions` is False where a bought base is a balance, as at spot venues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tests.adapters.local_venue import LocalVenue


@dataclass(frozen=True)
class Listed:
    """An instrument of the storm: the venue's symbol, an amount, a price far below the market."""

    symbol: str
    quantity: int
    far_price: int
    worth: Decimal


def itself(client_id: str) -> str:
    """The id of an order where the venue keeps ours."""
    return client_id


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One venue as a storm sees it."""

    name: str
    settings: Callable[[LocalVenue], dict[str, str]]
    listed: Mapping[str, Listed]
    options: tuple[str, ...] = ()
    resting: frozenset[str] = frozenset()
    unplayable: frozenset[str] = frozenset()
    amends: str = ""
    has_positions: bool = False
    name_of: Callable[[str], str] = field(default=itself)
