"""Double-entry books of one account and currency: every posting sums to zero."""

from __future__ import annotations

from typing import Any


class Wallet:
    """Balances in money units, debits positive: their sum is zero at every moment.

    `cash` is money held, `inventory` positions at cost, `fees` what was paid, `realized` the
    profit taken (a credit, so negative when we won), `capital` what was brought in (a credit),
    `others` what funding, interest, dividends and the like brought, by kind (credits too), and
    `other` their sum. `unsettled` are proceeds of sales by the day (since 1970) they are settled.
    `value` stands beside the books: the positions at their marks.

    >>> wallet = Wallet("USD")
    >>> wallet.deposit(1000)
    >>> wallet.post_fill(notional=600, released=-600, realized=0)
    >>> wallet.pay_fee(1)
    >>> wallet.cash, wallet.inventory, wallet.fees, wallet.capital
    (399, 600, 1, -1000)
    """

    __slots__ = (
        "capital",
        "cash",
        "currency",
        "fees",
        "inventory",
        "other",
        "others",
        "realized",
        "unsettled",
        "value",
    )

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.cash = 0
        self.inventory = 0
        self.fees = 0
        self.realized = 0
        self.capital = 0
        self.value = 0
        self.other = 0
        self.others: dict[str, int] = {}
        self.unsettled: dict[int, int] = {}

    def deposit(self, amount: int) -> None:
        """Cash against capital; a withdrawal is negative."""
        self.cash += amount
        self.capital -= amount
        self.check()

    def post_fill(self, notional: int, released: int, realized: int) -> None:
        """Cash against positions at cost and profit; notional is positive for a buy."""
        self.cash -= notional
        self.inventory -= released
        self.realized -= realized
        self.check()

    def pay_fee(self, amount: int) -> None:
        """Fees against cash; a rebate is negative."""
        self.fees += amount
        self.cash -= amount

    def post_other(self, kind: str, amount: int) -> None:
        """Cash against a kind of income; money that goes out is negative."""
        self.cash += amount
        self.other -= amount
        self.others[kind] = self.others.get(kind, 0) - amount
        self.check()

    def check(self) -> None:
        """Assert that debits and credits balance."""
        total = self.cash + self.inventory + self.fees + self.realized + self.capital + self.other
        assert total == 0, "the ledger does not balance"

    def snapshot(self) -> list[object]:
        """All balances."""
        return [
            self.currency,
            self.cash,
            self.inventory,
            self.fees,
            self.realized,
            self.capital,
            self.value,
            sorted(self.others.items()),
            sorted(self.unsettled.items()),
        ]


def wallet_from(state: list[Any]) -> Wallet:
    """The wallet that `snapshot` gave."""
    wallet = Wallet(str(state[0]))
    names = ("cash", "inventory", "fees", "realized", "capital", "value")
    for name, value in zip(names, state[1:7], strict=True):
        setattr(wallet, name, value)
    wallet.others = dict(state[7])
    wallet.other = sum(wallet.others.values())
    wallet.unsettled = dict(state[8])
    wallet.check()
    return wallet
