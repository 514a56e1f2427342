"""Events about accounts beside orders: terms, money that moves without a trade, liquidation."""

from __future__ import annotations

from typing import Literal, get_args

from tradewind.model.account_terms import AccountTerms
from tradewind.model.instruments import Instrument
from tradewind.model.message_base import TimedMessage
from tradewind.model.orders import Leg

EntryKind = Literal[
    "funding", "borrow", "interest", "dividend", "fee", "tax", "correction", "conversion"
]
ENTRY_KINDS: tuple[EntryKind, ...] = get_args(EntryKind)
"""Why money moves without a trade; `conversion` stands for both sides of `CashConverted`."""


class AccountTermsSet(TimedMessage, frozen=True):
    """An account has these terms from here on; None takes them away."""

    account: str
    terms: AccountTerms | None
    by: str


class CashPosted(TimedMessage, frozen=True):
    """Money of a kind came in (or went out, negative); of a strategy or instrument if named."""

    account: str
    currency: str
    amount: int
    kind: EntryKind
    strategy: str = ""
    instrument: str = ""
    reference: str = ""


class CashConverted(TimedMessage, frozen=True):
    """Money of one currency was changed into another; both amounts are above zero."""

    account: str
    sold_currency: str
    sold: int
    bought_currency: str
    bought: int
    reference: str = ""


class DividendPaid(TimedMessage, frozen=True):
    """Cash for each unit of quantity held, as decimal text: longs receive it, shorts pay it.

    Its time is when the instrument trades without it; the money is posted then. A currency of
    "" is the instrument's.
    """

    instrument: str
    amount: str
    currency: str = ""


class InstrumentSplit(TimedMessage, frozen=True):
    """`denominator` units became `numerator`: 7 and 1 for a split of seven for one.

    What is no whole lot any more is paid out at `price` (of after the split), which may be 0
    where nobody has such a rest. Open orders are canceled.
    """

    instrument: str
    numerator: int
    denominator: int
    price: int = 0


class InstrumentRenamed(TimedMessage, frozen=True):
    """An instrument goes on under another id; the old one is still understood."""

    former: str
    instrument: Instrument


class InstrumentDelisted(TimedMessage, frozen=True):
    """An instrument trades no more: positions end at a price (0 is worthless)."""

    instrument: str
    price: int


class MarginCalled(TimedMessage, frozen=True):
    """An account's equity is below its maintenance margin; money of the account's currency."""

    account: str
    equity: int
    maintenance: int


class RiskLevelReached(TimedMessage, frozen=True):
    """A measure of a scope reached a level: what the monitor saw, and at what it acts."""

    scope: str
    measure: str
    value: str
    limit: str
    level: str


class RiskRuleChanged(TimedMessage, frozen=True):
    """A person changed a rule of risk: its kind (levels, scenarios, code), name, and JSON."""

    kind: str
    name: str
    value: str
    by: str


class PositionLiquidated(TimedMessage, frozen=True):
    """The venue closed a position of an account: a signed quantity traded without an order.

    Books that hold the other side give it, in the order of their strategies.
    """

    account: str
    instrument: str
    quantity: int
    price: int
    fee: int = 0
    fee_currency: str = ""
    leg: Leg = Leg.NET


class AccountSpread(TimedMessage, frozen=True):
    """The account has money at each of these venues; what nobody moved is at the first."""

    account: str
    venues: tuple[str, ...]


class CashTransferred(TimedMessage, frozen=True):
    """Of the money that an account has at its first venue this much is at another one."""

    account: str
    venue: str
    currency: str
    amount: int


AccountEvent = (
    AccountTermsSet
    | AccountSpread
    | CashTransferred
    | CashPosted
    | CashConverted
    | DividendPaid
    | InstrumentSplit
    | InstrumentRenamed
    | InstrumentDelisted
    | MarginCalled
    | PositionLiquidated
    | RiskLevelReached
    | RiskRuleChanged
)
