"""Charges: what holding a position costs or earns with time, and when it falls due."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from tradewind.core.corporate_actions import half_even
from tradewind.core.venue_model import NEVER_NS
from tradewind.model.account_messages import CashPosted, EntryKind
from tradewind.model.errors import UserError
from tradewind.sim.rates import parse_rate

if TYPE_CHECKING:
    from tradewind.core.exposure import Holding
    from tradewind.core.state import Account

HOUR_NS = 3600 * 10**9
DAY_NS = 24 * HOUR_NS
RATE_ONE = 10**9
"""A rate of 1 (rates are integers of 10^-9)."""


class Charge(Protocol):
    """Something that falls due at times, and what an account is posted then."""

    def due_after(self, time_ns: int) -> int:
        """The next time it is due behind another; `NEVER_NS` where it never is."""

    def postings(self, account: Account, time_ns: int) -> list[CashPosted]:
        """What is posted to the account at a due time."""


def funding(rate: str, hours: int = 8) -> Charge:
    """A funding rate of all perpetuals, every so many hours from midnight UTC.

    Longs pay position x mark x rate to shorts where the rate is above zero (Binance, "Introduction
    to Binance futures funding rates": every 8 hours at 00:00, 08:00 and 16:00 UTC).
    """
    if not 0 < hours <= 24 or 24 % hours:
        raise UserError(f"funding every {hours} hours is refused: use a part of a day, like 8")
    return Funding(parse_rate(rate), hours * HOUR_NS)


def funding_table(rates: Mapping[str, Sequence[tuple[int, str]]]) -> Charge:
    """Funding rates by instrument: the times (UTC ns) they are due at, and the rate of each.

    >>> table = funding_table({"BTC/USDT.SIM": [(5, "0.0001"), (9, "-0.0002")]})
    >>> table.due_after(4), table.due_after(5)
    (5, 9)
    """
    return FundingTable({name: [(t, parse_rate(r)) for t, r in one] for name, one in rates.items()})


def borrow(annual_rate: str, days_in_year: int = 360) -> Charge:
    """What borrowing shares costs a year, as a share of their value; paid each midnight UTC."""
    return Borrow(parse_rate(annual_rate), days_in_year)


def interest(*, debit: str = "0", credit: str = "0", days_in_year: int = 360) -> Charge:
    """Annual rates on cash below zero (paid) and above it (received), each midnight UTC."""
    return Interest(parse_rate(debit), parse_rate(credit), days_in_year)


class Funding:
    """One rate for every perpetual, at equal intervals."""

    def __init__(self, rate: int, interval_ns: int) -> None:
        self.rate = rate
        self.interval_ns = interval_ns

    def due_after(self, time_ns: int) -> int:
        """The next interval's beginning."""
        return (time_ns // self.interval_ns + 1) * self.interval_ns

    def postings(self, account: Account, time_ns: int) -> list[CashPosted]:
        """A posting for each perpetual held."""
        held = [one for one in held_by(account) if one.market.instrument.kind == "perpetual"]
        return [_funding(account, one, self.rate, time_ns) for one in held]


class FundingTable:
    """Rates of named instruments at named times."""

    def __init__(self, rates: dict[str, list[tuple[int, int]]]) -> None:
        self.rates = {name: dict(pairs) for name, pairs in rates.items()}
        self.times_ns = sorted({time_ns for pairs in rates.values() for time_ns, _ in pairs})

    def due_after(self, time_ns: int) -> int:
        """The next time of the table."""
        place = bisect_right(self.times_ns, time_ns)
        return self.times_ns[place] if place < len(self.times_ns) else NEVER_NS

    def postings(self, account: Account, time_ns: int) -> list[CashPosted]:
        """A posting for each instrument held that has a rate now."""
        posted = []
        for holding in held_by(account):
            rate = self.rates.get(holding.market.id, {}).get(time_ns)
            if rate is not None:
                posted.append(_funding(account, holding, rate, time_ns))
        return posted


class Daily:
    """What is due each midnight UTC, at a rate a year."""

    def __init__(self, days_in_year: int) -> None:
        if not 360 <= days_in_year <= 366:
            raise UserError(f"a year of {days_in_year} days is refused: use 360, 365 or 366")
        self.days_in_year = days_in_year

    def due_after(self, time_ns: int) -> int:
        """The next midnight."""
        return (time_ns // DAY_NS + 1) * DAY_NS

    def share(self, money: int, rate: int) -> int:
        """A day's share of an annual rate, half-even."""
        return half_even(money * rate, RATE_ONE * self.days_in_year)


class Borrow(Daily):
    """A rate on the value of all that is sold short, but perpetuals: those pay funding."""

    def __init__(self, rate: int, days_in_year: int) -> None:
        super().__init__(days_in_year)
        self.rate = rate

    def postings(self, account: Account, time_ns: int) -> list[CashPosted]:
        """A posting for each instrument that is short."""
        posted = []
        for holding in held_by(account):
            market = holding.market
            if holding.position < 0 and market.instrument.kind != "perpetual":
                cost = self.share(market.notional(market.mark, holding.position), self.rate)
                posted.append(_posted(account, holding, cost, "borrow", time_ns))
        return [one for one in posted if one.amount]


class Interest(Daily):
    """Rates on cash, by its sign."""

    def __init__(self, debit: int, credit: int, days_in_year: int) -> None:
        super().__init__(days_in_year)
        self.debit = debit
        self.credit = credit

    def postings(self, account: Account, time_ns: int) -> list[CashPosted]:
        """A posting for each currency with cash."""
        posted = []
        for currency, wallet in account.wallets.items():
            money = self.share(wallet.cash, self.debit if wallet.cash < 0 else self.credit)
            if money:
                posted.append(CashPosted(time_ns, account.name, currency, money, "interest"))
        return posted


def held_by(account: Account) -> list[Holding]:
    """The holdings of an account that are not flat."""
    known = account.scope.holdings
    return [holding for holding in known if holding is not None and holding.position]


def _funding(account: Account, holding: Holding, rate: int, time_ns: int) -> CashPosted:
    value = holding.market.notional(holding.market.mark, holding.position)
    return _posted(account, holding, half_even(-value * rate, RATE_ONE), "funding", time_ns)


def _posted(
    account: Account, holding: Holding, money: int, kind: EntryKind, time_ns: int
) -> CashPosted:
    market = holding.market
    return CashPosted(time_ns, account.name, market.currency, money, kind, instrument=market.id)
