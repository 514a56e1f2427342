"""Corporate actions by hand: each a call that gives the event for `Clearing(actions=...)`.

A date is the ex-date, as "2020-08-31": the action happens at midnight UTC, before the session.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradewind.core.corporate_actions import AMOUNT_DIGITS
from tradewind.core.settlement import DAY_NS, day_number
from tradewind.model.account_messages import DividendPaid, InstrumentDelisted, InstrumentSplit
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import units_of


def dividend(instrument: str, date: str, amount: str, currency: str = "") -> DividendPaid:
    """Cash for each share.

    >>> dividend("SPY.ARCA", "1970-01-02", "0.5").time_ns
    86400000000000
    """
    return DividendPaid(time_of(date), instrument, amount, currency)


def split(instrument: str, date: str, new: int, old: int = 1) -> InstrumentSplit:
    """`new` shares for each `old` ones; what is not whole is paid out at the mark."""
    return InstrumentSplit(time_of(date), instrument, new, old)


def delisting(instrument: Instrument, date: str, price: Decimal | str) -> InstrumentDelisted:
    """The end of an instrument, at a last price."""
    units = units_of(price, instrument.price_digits)
    return InstrumentDelisted(time_of(date), instrument.id, units)


def events_of(
    actions: Iterable[CorporateAction], instrument: str
) -> list[DividendPaid | InstrumentSplit]:
    """The events of stored splits and dividends, which happen as their ex-date begins in UTC.

    Dividends are rounded to nine digits. A rename is none: the data of a backtest keeps one id.

    >>> seven = CorporateAction("split", 5, new="7")
    >>> events_of([seven, CorporateAction("dividend", 6, amount="1")], "A.SIM")
    [InstrumentSplit(time_ns=5, instrument='A.SIM', numerator=7, denominator=1, price=0),
     DividendPaid(time_ns=6, instrument='A.SIM', amount='1', currency='')]
    """
    events: list[DividendPaid | InstrumentSplit] = []
    for action in actions:
        if action.kind == "split":
            new, old = action.ratio.as_integer_ratio()
            events.append(InstrumentSplit(action.ex_date_ns, instrument, new, old))
        elif action.kind == "dividend":
            amount = Decimal(action.amount)
            rounded = amount.quantize(Decimal(1).scaleb(-AMOUNT_DIGITS)).normalize()
            events.append(DividendPaid(action.ex_date_ns, instrument, f"{rounded:f}"))
    return events


def time_of(date: str) -> int:
    """Midnight UTC of a date in ns; `UserError` where it is none."""
    try:
        return day_number(date) * DAY_NS
    except ValueError:
        raise UserError(f"{date!r} is no date: write it like 2020-08-31") from None
