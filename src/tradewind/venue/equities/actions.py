"""Corporate actions of the demo securities, and what they do to prices of the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid5

import msgspec
import numpy as np
from numpy.typing import NDArray

from tradewind.venue.equities.calendar import new_york_ns
from tradewind.venue.equities.history import Ints, past_sessions

SPLIT_SESSIONS_AGO = 30
DIVIDEND_SESSIONS_AGO = (15, 45)


class Split(msgspec.Struct, frozen=True):
    """From its day on, `old` shares are `new` ones."""

    symbol: str
    day: date
    old: int
    new: int

    @property
    def id(self) -> str:
        """Its id, the same for the same day."""
        return str(uuid5(NAMESPACE_URL, f"tradewind:split:{self.symbol}:{self.day}"))


class Dividend(msgspec.Struct, frozen=True):
    """Cash a share, for those who held it before the day."""

    symbol: str
    day: date
    cash: float

    @property
    def id(self) -> str:
        """Its id, the same for the same day."""
        return str(uuid5(NAMESPACE_URL, f"tradewind:dividend:{self.symbol}:{self.day}"))

    @property
    def record_day(self) -> date:
        """Who is on the register that day gets it."""
        return self.day

    @property
    def pay_day(self) -> date:
        """When it is paid."""
        return self.day + timedelta(days=14)

    @property
    def declaration_day(self) -> date:
        """When it was announced."""
        return self.day - timedelta(days=21)


class Actions:
    """The actions before a time. Prices of the tape are as if every split were long past.

    >>> actions = Actions(new_york_ns(date(2026, 11, 20), 12))
    >>> actions.splits[0].symbol, str(actions.splits[0].day)
    ('AAPL', '2026-10-12')
    >>> actions.factors("AAPL", new_york_ns(date(2026, 10, 9), 12), "raw")
    (4.0, 0.25)
    >>> actions.factors("AAPL", new_york_ns(date(2026, 10, 9), 12), "split")
    (1.0, 1.0)
    """

    def __init__(
        self, now_ns: int, close_before: Callable[[str, date], float] | None = None
    ) -> None:
        self._close_before = close_before or (lambda symbol, day: 0.0)
        sessions = past_sessions(now_ns)[-max(DIVIDEND_SESSIONS_AGO) - 1 :]
        days = [session.day for session in sessions]
        self.splits = [Split("AAPL", days[-SPLIT_SESSIONS_AGO], 1, 4)]
        self.dividends = [
            Dividend(symbol, days[-ago], cash)
            for ago in DIVIDEND_SESSIONS_AGO
            for symbol, cash in (("AAPL", 0.26), ("MSFT", 0.83), ("SPY", 1.75))
        ]
        self._shares = {action: new_york_ns(action.day, 0) for action in self.splits}
        self._cash = {action: new_york_ns(action.day, 0) for action in self.dividends}
        self._kept: dict[Dividend, float] = {}

    def factors(self, symbol: str, time_ns: int, adjustment: str) -> tuple[float, float]:
        """What prices and sizes of a time are multiplied with, seen from the tape's own prices."""
        prices = sizes = 1.0
        if adjustment in ("raw", "dividend"):
            for split, day_ns in self._shares.items():
                if split.symbol == symbol and time_ns < day_ns:
                    prices *= split.new / split.old
                    sizes *= split.old / split.new
        if adjustment in ("dividend", "all"):
            for dividend, day_ns in self._cash.items():
                if dividend.symbol == symbol and time_ns < day_ns:
                    prices *= self._kept_share(dividend)
        return prices, sizes

    def factor_columns(
        self, symbol: str, open_ns: Ints, adjustment: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `factors`, for each of many times."""
        prices, sizes = np.ones(len(open_ns)), np.ones(len(open_ns))
        days = {split.day for split in self.splits if split.symbol == symbol}
        days |= {dividend.day for dividend in self.dividends if dividend.symbol == symbol}
        days_ns = [new_york_ns(day, 0) for day in sorted(days)]
        begin = 0
        # Between two days on which something happens the factors stay the same.
        for end in [*np.searchsorted(open_ns, days_ns).tolist(), len(open_ns)]:
            if begin < end:
                factors = self.factors(symbol, int(open_ns[begin]), adjustment)
                prices[begin:end], sizes[begin:end] = factors
            begin = end
        return prices, sizes

    def _kept_share(self, dividend: Dividend) -> float:
        """The share of the close before its day that a dividend leaves."""
        if dividend not in self._kept:
            close = self._close_before(dividend.symbol, dividend.day)
            cash = dividend.cash
            # Paid before a split, it was paid on fewer shares.
            for split in self.splits:
                if split.symbol == dividend.symbol and dividend.day < split.day:
                    cash *= split.old / split.new
            self._kept[dividend] = 1.0 - cash / close if close else 1.0
        return self._kept[dividend]
