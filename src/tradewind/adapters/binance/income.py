"""Money of a USD-M account that moved without an execution: funding, rebates, insurance."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tradewind.adapters.binance.reports import money_units
from tradewind.adapters.binance.rest import Rest
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.model.account_messages import EntryKind
from tradewind.model.errors import BadNumber
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.venue_account import VenuePayment

MILLISECOND_NS = 1_000_000
PAGE_ROWS = 1000
PAGES_MAX = 100
"""Pages of one question; an account that was paid more often in that time is not believed."""

KINDS: dict[str, EntryKind] = {
    "FUNDING_FEE": "funding",
    "COMMISSION_REBATE": "fee",
    "REFERRAL_KICKBACK": "fee",
    "API_REBATE": "fee",
    "INSURANCE_CLEAR": "fee",
    "WELCOME_BONUS": "correction",
}
"""Types of income and what they are in our ledger.

REALIZED_PNL and COMMISSION come with executions; a TRANSFER is a person's, who says why.
"""


class IncomeRow(msgspec.Struct, frozen=True, rename="camel"):
    """One payment; its number counts within its type.

    {"symbol":"BTCUSDT","incomeType":"FUNDING_FEE","income":"-0.01000000","asset":"USDT",
     "info":"FUNDING_FEE","time":1570636800000,"tranId":9689322393,"tradeId":""}
    """

    income_type: str
    income: str
    asset: str
    time: int
    tran_id: int | str
    symbol: str = ""


class Income:
    """Asks for payments; spot has no such question, and no funding either."""

    def __init__(self, rest: Rest, by_symbol: Mapping[str, Instrument]) -> None:
        self._rest = rest
        self._by_symbol = by_symbol

    async def payments(self, since_ns: int) -> list[VenuePayment]:
        """Payments at or behind a time, the oldest first, page by page."""
        service = self._rest.service
        if not service.income:
            return []
        found: list[IncomeRow] = []
        for number in range(1, PAGES_MAX + 1):
            page = await self._rest.ask_signed(
                service.income,
                {"startTime": since_ns // MILLISECOND_NS, "limit": PAGE_ROWS, "page": number},
                list[IncomeRow],
                weight=service.weights["income"],
            )
            found += page
            if len(page) < PAGE_ROWS:
                rows = sorted(found, key=lambda row: row.time)
                return [self._payment(row) for row in rows if row.income_type in KINDS]
        raise BadAnswer(f"{service.venue} names more than {PAGES_MAX * PAGE_ROWS} payments")

    def _payment(self, row: IncomeRow) -> VenuePayment:
        instrument = self._by_symbol.get(row.symbol)
        try:
            amount = money_units(row.income, currency_digits(row.asset))
        except BadNumber as error:
            raise BadAnswer(f"a payment of {row.asset}: {error}") from None
        return VenuePayment(
            f"{row.income_type}:{row.tran_id}",
            row.asset,
            amount,
            KINDS[row.income_type],
            "" if instrument is None else instrument.id,
            row.time * MILLISECOND_NS,
        )
