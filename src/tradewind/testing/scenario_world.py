"""The world of a scenario: an engine, a time, and numbered orders."""

from __future__ import annotations

from typing import Any

from tradewind.core.engine import Engine
from tradewind.core.market import Market
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import money_of, parse_units
from tradewind.model.orders import Side

Words = list[str]

START_NS = 1_000_000_000
CASH = "1000000"
"""What the account `main` has where the scenario does not say."""


class World:
    """An engine with what the scenario has said so far; time moves with `> wait` only.

    An instrument `X` not listed before is `X.SIM` with tick 0.01 and lot 1 (`X/Y` in Y, else in
    USD); the account `main` and the strategy `manual` open by themselves. Orders and targets are
    numbered `#1`, `#2` in the order they were wanted.
    """

    def __init__(self) -> None:
        self.engine = Engine(State())
        self.time_ns = START_NS
        self.decided: list[m.Decision | UserError] = []
        self.order_ids: list[str] = []
        self.fills = 0
        self.give(m.RunStarted(self.time_ns, "j0", 1, ""))

    @property
    def state(self) -> State:
        """The engine's state."""
        return self.engine.state

    def give(self, event: Any) -> None:
        """One event; its decisions wait to be expected, a refusal is one too."""
        try:
            self.decided += self.engine.step(event)
        except UserError as error:
            self.decided.append(error)

    def market(self, symbol: str = "") -> Market:
        """The market of a symbol or id; without one the first."""
        if not symbol and self.state.markets:
            return self.state.markets[0]
        name = symbol or "GOOG"
        instrument_id = name if "." in name else name + ".SIM"
        if instrument_id not in self.state.market_numbers:
            currency = "" if "/" in name else "USD"
            listed = Instrument(instrument_id, tick="0.01", lot="1", currency=currency)
            self.give(m.InstrumentListed(self.time_ns, listed))
        return self.state.market(instrument_id)

    def account(self, name: str = "main") -> str:
        """An account, opened if need be."""
        if name not in self.state.account_numbers:
            currency = self.market().currency
            self.give(m.AccountOpened(self.time_ns, name, currency))
            self.deposit(name, currency, CASH)
        return name

    def deposit(self, account: str, currency: str, amount: str) -> None:
        """Cash into an account."""
        money = money_of(amount, currency_digits(currency))
        self.give(m.CashDeposited(self.time_ns, account, currency, money))

    def strategy(self, name: str = "manual") -> str:
        """A strategy, registered if need be; one called `nobody` never is."""
        if name not in self.state.strategy_numbers and name != "nobody":
            self.give(m.StrategyRegistered(self.time_ns, name, self.account(), "", {}))
        return name

    def order(self, words: Words) -> tuple[str, Words]:
        """The id of the order that words name, `#2`, `#2.1`, `#2_2` or `buy`, and the others.

        A side is the oldest open order on it; a number without an order is an unknown id.
        """
        word = words[0]
        if word.startswith("#"):
            head, mark, child = word[1:].partition("_" if "_" in word else ".")
            known = int(head) <= len(self.order_ids)
            found_id = self.order_ids[int(head) - 1] if known else f"j0-nobody-{head}"
            return found_id + mark + child, words[1:]
        side = Side[word.upper()]
        found = [order for order in self.state.open_orders.values() if order.side == side]
        if not found:
            raise ValueError(f"no open order on side {word}")
        return found[0].order_id, words[1:]

    def number_of(self, order_id: str) -> str:
        """`#n` of an order id, `#n.m` of a child's, `#n_m` of one in its stead."""
        for mark in "._":
            head, found, child = order_id.partition(mark)
            if head in self.order_ids:
                return f"#{self.order_ids.index(head) + 1}{found}{child}"
        return order_id

    def units(self, market: Market, text: str) -> int:
        """A quantity in units, taken as it is also off the lot."""
        return parse_units(text, market.instrument.quantity_digits)

    def price(self, market: Market, text: str) -> int:
        """A price in units."""
        return parse_units(text, market.instrument.price_digits)
