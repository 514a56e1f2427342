"""Funding of perpetual contracts: who holds one pays or is paid, and the account's income tells."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

from tradewind.venue.accounts import Account
from tradewind.venue.binance.calls import Call
from tradewind.venue.binance.order_calls import limit_of
from tradewind.venue.binance.usdm_rows import money
from tradewind.venue.chaos import milliseconds
from tradewind.venue.margin import MarginClearing, Position

RATE = Decimal("0.00010000")
"""What longs pay shorts, of the notional at the mark price."""
INTERVAL_MS = 28_800_000
ROWS_MAX = 10_000
"""Rows of income that are kept of an account."""


class Funding:
    """Charges funding when it is due, and remembers every row of income."""

    def __init__(self, clearing: MarginClearing, now_ms: int) -> None:
        self._clearing = clearing
        self._rows: dict[str, deque[dict[str, Any]]] = {}
        self._count = 0
        self._paid_ms = now_ms - now_ms % INTERVAL_MS

    def is_due(self, now_ms: int) -> bool:
        """True once for each interval that has ended."""
        is_due = now_ms >= self._paid_ms + INTERVAL_MS
        if is_due:
            self._paid_ms = now_ms - now_ms % INTERVAL_MS
        return is_due

    def charge(self, account: Account, symbol: str, time_ns: int) -> list[Position]:
        """Charge an account's positions of a contract; those that paid or were paid."""
        book = self._clearing.book(account.name)
        held = [each for each in book.positions.values() if each.symbol == symbol]
        charged = [each for each in held if each.quantity]
        for position in charged:
            amount = -position.quantity * self._clearing.mark(symbol) * RATE
            self.pay(account, amount, time_ns, kind="FUNDING_FEE", symbol=symbol)
        return charged

    def pay(
        self, account: Account, amount: Decimal, time_ns: int, *, kind: str, symbol: str = ""
    ) -> None:
        """Move money in the wallet and note why; it has eight decimals."""
        amount = Decimal(money(amount))
        account.balance(self._clearing.asset).free += amount
        account.updated_ns = time_ns
        self._count += 1
        row = {
            "symbol": symbol,
            "incomeType": kind,
            "income": money(amount),
            "asset": self._clearing.asset,
            "info": kind,
            "time": milliseconds(time_ns),
            "tranId": self._count,
            "tradeId": "",
        }
        self._rows.setdefault(account.name, deque(maxlen=ROWS_MAX)).append(row)

    def income(self, call: Call) -> list[dict[str, Any]]:
        """GET income: the oldest first, by page."""
        parameters = call.parameters
        symbol, kind = parameters.text("symbol"), parameters.text("incomeType")
        first, last = (parameters.optional_integer(name) for name in ("startTime", "endTime"))
        size, page = limit_of(parameters, 100, 1000), max(1, parameters.integer("page", 1))
        rows = [
            row
            for row in self._rows.get(call.owner.name, ())
            if symbol in (None, row["symbol"])
            and kind in (None, row["incomeType"])
            and (first is None or row["time"] >= first)
            and (last is None or row["time"] <= last)
        ]
        return rows[(page - 1) * size : page * size]
