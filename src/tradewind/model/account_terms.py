"""Terms of an account: what may be bought with its cash, and how much equity positions need."""

from __future__ import annotations

from typing import Literal

import msgspec

from tradewind.model.errors import UserError

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


def parse_terms(text: str) -> AccountTerms | None:
    """Terms from JSON; None for an empty text, `UserError` where they cannot be read.

    >>> parse_terms('{"kind": "cash", "settlement_days": 1}').settlement_days
    1
    """
    if not text.strip():
        return None
    try:
        return msgspec.json.decode(text, type=_StrictTerms).terms()
    except msgspec.DecodeError as error:
        raise UserError(
            f"account terms: {error}: write JSON as in docs/guides/accounts.md"
        ) from None


class _StrictTerms(AccountTerms, frozen=True, forbid_unknown_fields=True):
    """`AccountTerms` that refuse a name they do not have."""

    def terms(self) -> AccountTerms:
        """The terms themselves."""
        return AccountTerms(**{name: getattr(self, name) for name in self.__struct_fields__})
