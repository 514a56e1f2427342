"""Terms of an account: what may be bought with its cash, and how much equity positions need."""

from __future__ import annotations

from typing import Literal

import msgspec

AccountKind = Literal["cash", "margin"]


class InstrumentMargin(msgspec.Struct, frozen=True):
    """Margins of one instrument, as shares of its notional in decimal text."""

    instrument: str
    initial: str
    maintenance: str


class AccountTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a broker grants an account; an account without terms is not checked by them.

    A `cash` account buys with settled cash only and never sells short. A `margin` account may
    hold positions as long as its equity is at least `initial_margin` of all notional (with open
    orders filled); below `maintenance_margin` the venue calls it. Shares are decimal text;
    `instruments` have margins of their own. The proceeds of a sale are settled
    `settlement_days` business days (Monday to Friday but for `holidays`, as "2024-12-25")
    behind the UTC day of the sale.

    >>> AccountTerms(initial_margin="0.5", maintenance_margin="0.25").kind
    'margin'
    """

    kind: AccountKind = "margin"
    initial_margin: str = "1"
    maintenance_margin: str = "1"
    instruments: tuple[InstrumentMargin, ...] = ()
    settlement_days: int = 0
    holidays: tuple[str, ...] = ()
