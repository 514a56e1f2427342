"""Money of an account at Alpaca that moved without an execution: dividends, interest, fees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from tradewind.adapters.alpaca.instruments import Listings
from tradewind.adapters.alpaca.rest import AlpacaRest
from tradewind.adapters.net.decimals import nearest_units
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.rfc3339 import time_text_of
from tradewind.model.account_messages import EntryKind
from tradewind.model.instruments import currency_digits
from tradewind.model.venue_account import VenuePayment

CURRENCY = "USD"
PAGE_ROWS = 100
PAGES_MAX = 100
"""Pages of one question; an account that was paid more often in that time is not believed."""
DAY_NS = 24 * 3600 * 10**9
EPOCH = date(1970, 1, 1)
LATE_NS = 7 * DAY_NS
"""An activity bears the day it belongs to and may be entered days later."""

KINDS: dict[str, EntryKind] = {
    "DIV": "dividend",
    "DIVCGL": "dividend",
    "DIVCGS": "dividend",
    "DIVROC": "dividend",
    "DIVTXEX": "dividend",
    "DIVFEE": "fee",
    "DIVFT": "tax",
    "DIVNRA": "tax",
    "DIVTW": "tax",
    "INT": "interest",
    "INTNRA": "tax",
    "INTTW": "tax",
    "FEE": "fee",
    "CFEE": "fee",
    "PTC": "fee",
    "PTR": "fee",
}
"""Types of activities and what they are in our ledger.

Deposits, withdrawals and journals are a person's, who says why; mergers, splits and options move
positions as well, which a person looks at.
"""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity that is no execution; its id is the token of the page behind it.

    {"activity_type":"DIV","id":"20190801011955195::5f596936-6f23-4cef-bdf1-3806aae57dbf",
     "date":"2019-08-01","net_amount":"1.02","symbol":"T","qty":"2","per_share_amount":"0.51"}
    """

    id: str
    activity_type: str
    date: str
    net_amount: Decimal
    symbol: str = ""


async def payments(rest: AlpacaRest, listings: Listings, since_ns: int) -> list[VenuePayment]:
    """Payments that may have been entered at or behind a time, the oldest first."""
    parameters: dict[str, str | int | bool] = {
        "activity_types": ",".join(KINDS),
        "after": time_text_of(max(0, since_ns - LATE_NS)),
        "direction": "asc",
        "page_size": PAGE_ROWS,
    }
    found: list[Activity] = []
    for _ in range(PAGES_MAX):
        page = await rest.get("/v2/account/activities", parameters, list[Activity])
        found += page
        if len(page) < PAGE_ROWS:
            return payments_of(found, listings)
        parameters["page_token"] = page[-1].id
    raise BadAnswer(f"Alpaca names more than {PAGES_MAX * PAGE_ROWS} payments of a time")


def payments_of(activities: Sequence[Activity], listings: Listings) -> list[VenuePayment]:
    """Activities as payments, in the order they were entered in: their ids begin with that time.

    >>> paid = Activity(id="20190801011955195::5f", activity_type="DIV", date="2019-08-01",
    ...     net_amount=Decimal("1.02"), symbol="T")
    >>> payments_of([paid], Listings([]))[0].amount
    1020000
    """
    found = []
    for one in sorted(activities, key=lambda each: each.id):
        if one.activity_type not in KINDS:
            continue
        listing = listings.by_symbol(one.symbol)
        found.append(
            VenuePayment(
                one.id,
                CURRENCY,
                nearest_units(one.net_amount, currency_digits(CURRENCY)),
                KINDS[one.activity_type],
                "" if listing is None else listing.instrument.id,
                _day_ns(one.date),
            )
        )
    return found


def _day_ns(text: str) -> int:
    try:
        return (date.fromisoformat(text[:10]) - EPOCH).days * DAY_NS
    except ValueError:
        raise BadAnswer(f"Alpaca names a payment of the day {text!r}") from None
