"""The state of the trading core: everything a step may read and `apply` may write."""

from __future__ import annotations

from typing import Any

from tradewind.core.exposure import RATE_DIGITS, Holding, Scope, convert_wide, rate_factors
from tradewind.core.finished_orders import FinishedOrders
from tradewind.core.ledger import Wallet
from tradewind.core.market import Market
from tradewind.core.orders import Order
from tradewind.core.positions import Position
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import MONEY_MAX
from tradewind.model.orders import OrderState

_UNKNOWN = int(OrderState.UNKNOWN)  # a C integer when compiled (state.pxd)

FIRM = "firm"
Stakes = tuple[Holding, Holding, Holding]


class Account:
    """Cash by currency and the limits of one account; `margin` is None without terms.

    `venue_cash` is what of the cash is at other venues than its first (`core.venue_cash`).
    """

    __slots__ = (
        "currency",
        "home",
        "index",
        "is_hedging",
        "margin",
        "name",
        "scope",
        "venue_cash",
        "wallets",
    )

    def __init__(self, name: str, index: int, currency: str, is_hedging: int) -> None:
        self.name = name
        self.index = index
        self.currency = currency
        self.is_hedging = is_hedging
        self.scope = Scope("account:" + name, currency)
        self.home = Wallet(currency)
        self.margin: Any = None
        self.wallets: dict[str, Wallet] = {currency: self.home}
        self.venue_cash: dict[str, dict[str, int]] = {}

    def wallet(self, currency: str) -> Wallet:
        """The books of a currency, opened on first use."""
        wallet = self.wallets.get(currency)
        if wallet is None:
            wallet = Wallet(currency)
            self.wallets[currency] = wallet
        return wallet


class StrategyBook:
    """What belongs to one strategy: its account, limits, positions and count of intents.

    `scopes` are the three whose limits its orders meet: its own, the account's, the firm's.
    """

    __slots__ = (
        "account",
        "code",
        "index",
        "intents",
        "is_stopped",
        "name",
        "parameters",
        "positions",
        "scope",
        "scopes",
        "stakes",
        "stop_reason",
    )

    def __init__(self, name: str, index: int, account: Account, firm: Scope) -> None:
        self.name = name
        self.index = index
        self.account = account
        self.scope = Scope("strategy:" + name, account.currency)
        self.scopes = (self.scope, account.scope, firm)
        self.stakes: dict[int, Stakes] = {}
        self.positions: dict[int, Position] = {}
        self.intents = 0
        self.is_stopped = False
        self.stop_reason = ""
        self.code = ""
        self.parameters: dict[str, str] = {}

    def position(self, instrument: int, leg: int) -> Position:
        """The position in an instrument (number) and leg (0 net, 1 long, -1 short)."""
        key = instrument * 3 + leg + 1
        position = self.positions.get(key)
        if position is None:
            position = Position()
            self.positions[key] = position
        return position

    def quantity(self, instrument: int) -> int:
        """Signed quantity over all legs."""
        total = 0
        for leg in (-1, 0, 1):
            position = self.positions.get(instrument * 3 + leg + 1)
            if position is not None:
                total += position.quantity
        return total


class State:
    """All of the core; lists are numbered, dicts find the number by name.

    >>> state = State()
    >>> state.list_instrument(Instrument("GOOG.SIM", tick="0.01", lot="1", currency="USD")).index
    0
    """

    __slots__ = (
        "account_numbers",
        "accounts",
        "amending",
        "anomalies",
        "done",
        "epoch",
        "firm",
        "groups",
        "halts",
        "held",
        "icebergs",
        "instrument_scopes",
        "journal_id",
        "lacking",
        "latest",
        "lost_venues",
        "market_numbers",
        "markets",
        "marking",
        "open_orders",
        "orders",
        "parents",
        "rates",
        "repriced",
        "routes",
        "sequence",
        "strategies",
        "strategy_numbers",
        "targets",
        "time_ns",
        "timers",
        "venues",
    )

    def __init__(self) -> None:
        self.journal_id = ""
        self.epoch = self.sequence = self.time_ns = self.marking = 0
        self.markets: list[Market] = []
        self.market_numbers: dict[str, int] = {}
        self.accounts: list[Account] = []
        self.account_numbers: dict[str, int] = {}
        self.strategies: list[StrategyBook] = []
        self.strategy_numbers: dict[str, int] = {}
        self.firm = Scope(FIRM, "")
        self.orders: dict[str, Order] = {}
        self.open_orders: dict[str, Order] = {}
        self.held: dict[str, Any] = {}
        self.routes: dict[str, Any] = {}
        self.parents: dict[str, Any] = {}
        self.groups: dict[str, dict[str, int]] = {}
        self.done = FinishedOrders()
        self.latest: Order | None = None
        self.targets: dict[tuple[int, int, int], Any] = {}
        self.timers: list[tuple[int, str, str, int]] = []
        self.rates: dict[tuple[str, str], int] = {}
        self.repriced: Market | None = None
        self.halts: dict[str, tuple[str, str]] = {}
        self.lost_venues: dict[str, str] = {}
        self.lacking: dict[str, tuple[int, ...]] = {}
        self.amending: dict[str, tuple[int, ...]] = {}
        self.icebergs: set[str] = set()
        self.anomalies: dict[str, int] = {}
        self.venues: dict[str, Scope] = {}
        self.instrument_scopes: dict[str, Scope] = {}

    def list_instrument(self, instrument: Instrument) -> Market:
        """The market of an instrument, new or with its new version."""
        self.revalue()
        number = self.market_numbers.get(instrument.id)
        if number is not None:
            self.markets[number].relist(instrument)
            return self.markets[number]
        market = Market(instrument, len(self.markets))
        market.marking = self.marking
        self.markets.append(market)
        self.market_numbers[instrument.id] = market.index
        return market

    def set_marking(self, marking: int) -> None:
        """Value all positions by a marking (`model.marking.Marking`) from here on."""
        self.revalue()
        self.marking = marking
        for market in self.markets:
            market.marking = marking
            for holding in market.holders:
                holding.revalue()

    def open_account(self, name: str, currency: str, is_hedging: int) -> Account:
        """A new account; changing the position mode of one with positions is refused."""
        number = self.account_numbers.get(name)
        if number is not None:
            account = self.accounts[number]
            if account.is_hedging != is_hedging and self._has_positions(account):
                raise UserError(f"account {name} has open positions: close them before hedging")
            account.is_hedging = is_hedging
            return account
        account = Account(name, len(self.accounts), currency, is_hedging)
        self.accounts.append(account)
        self.account_numbers[name] = account.index
        if not self.firm.currency:
            self.firm.currency = currency
        return account

    def register_strategy(self, name: str, account: str) -> StrategyBook:
        """The book of a strategy, new or as it was."""
        number = self.strategy_numbers.get(name)
        if number is not None:
            return self.strategies[number]
        book = StrategyBook(name, len(self.strategies), self.account(account), self.firm)
        self.strategies.append(book)
        self.strategy_numbers[name] = book.index
        return book

    def market(self, instrument_id: str) -> Market:
        """The market of an id; `UserError` where it is not listed."""
        number = self.market_numbers.get(instrument_id)
        if number is None:
            known = ", ".join(self.market_numbers) or "none"
            raise UserError(f"{instrument_id} is not listed here: known are {known}")
        return self.markets[number]

    def account(self, name: str) -> Account:
        """The account of a name; `UserError` where there is none."""
        number = self.account_numbers.get(name)
        if number is None:
            raise UserError(f"there is no account {name!r}: open it first")
        return self.accounts[number]

    def strategy(self, name: str) -> StrategyBook:
        """The book of a strategy; `UserError` where there is none."""
        number = self.strategy_numbers.get(name)
        if number is None:
            raise UserError(f"there is no strategy {name!r}: register it first")
        return self.strategies[number]

    def holding(self, scope: Scope, market: Market, account: Account) -> Holding:
        """The scope's holding of an instrument, with the account's wallet for account scopes."""
        if len(scope.holdings) > market.index:
            known = scope.holdings[market.index]
            if known is not None:
                return known
        wallet = account.wallet(market.currency) if scope is account.scope else None
        holding = scope.holding(market, wallet)
        self.set_rate(holding, scope)
        return holding

    def stakes(self, book: StrategyBook, market: Market) -> Stakes:
        """The holdings that an order of a strategy counts in; found once for each instrument."""
        known = book.stakes.get(market.index)
        if known is None:
            own, its, firm = [self.holding(scope, market, book.account) for scope in book.scopes]
            known = book.stakes[market.index] = (own, its, firm)
        return known

    def venue(self, name: str) -> Scope:
        """What is counted of a venue: messages, for its limit of them; made on first use."""
        scope = self.venues.get(name)
        if scope is None:
            scope = self.venues[name] = Scope("venue:" + name, "")
        return scope

    def scopes(self) -> list[Scope]:
        """All scopes: the firm, the accounts, the strategies, instruments with limits."""
        scopes = [self.firm]
        scopes += [account.scope for account in self.accounts]
        scopes += [book.scope for book in self.strategies]
        scopes += self.instrument_scopes.values()
        return scopes

    def set_rate(self, holding: Holding, scope: Scope) -> None:
        """Give a holding the rate from its instrument's currency into the scope's."""
        currency = holding.market.currency
        if currency == scope.currency:
            holding.rate, holding.rate_divisor = 1, 1
            return
        rate = self.rates.get((currency, scope.currency), 0)
        holding.rate, holding.rate_divisor = rate_factors(rate, currency, scope.currency)

    def equity(self, account: Account) -> int:
        """Cash and positions at their marks in the account's currency.

        A currency without a known rate counts as nothing; at the bounds of 64 bits it stays there.
        """
        if self.repriced is not None:
            self.revalue()
        home = account.home
        total = home.cash + home.value
        return total if len(account.wallets) == 1 else self._with_others(account, total)

    def _with_others(self, account: Account, total: int) -> int:
        wide: Any = total
        for wallet in account.wallets.values():
            if wallet is not account.home:
                wide += self._converted(wallet, account.currency)
        return int(max(-MONEY_MAX, min(MONEY_MAX, wide)))

    def revalue(self) -> None:
        """Carry all positions at their markets' last marks: before anybody looks at a value.

        Marks move with every price and values are looked at now and then, so that a new mark
        only puts its market at the head of the chain of `repriced` ones.
        """
        while self.repriced is not None:
            market: Market = self.repriced
            for holder in market.holders:
                holding: Holding = holder
                holding.revalue()
            # only now: what could not be valued is not forgotten
            self.repriced = market.next_repriced
            market.next_repriced = None
            market.is_repriced = False

    def reprice(self, market: Market) -> None:
        """Note that an instrument with holders has a new mark."""
        market.is_repriced = True
        market.next_repriced = self.repriced
        self.repriced = market

    def _converted(self, wallet: Wallet, currency: str) -> int:
        rate = self.rates.get((wallet.currency, currency), 0)
        factor, divisor = rate_factors(rate, wallet.currency, currency)
        return int(convert_wide(wallet.cash + wallet.value, factor, divisor))

    def order(self, order_id: str) -> Order | None:
        """The order of an id, if it is known; most reports are of the order that was found last.

        An open order is never forgotten, so that one need not be looked up again.
        """
        latest = self.latest
        if latest is not None and latest.order_id is order_id and latest.state <= _UNKNOWN:
            return latest
        found = self.orders.get(order_id)
        self.latest = found
        return found

    def finish(self, order: Order) -> None:
        """Move an order from the open ones to the finished, and forget the oldest of those."""
        self.open_orders.pop(order.order_id, None)
        done = self.done
        done.add(order)
        oldest = done.take_old(self.time_ns)
        while oldest is not None:
            self.orders.pop(oldest.order_id, None)
            oldest = done.take_old(self.time_ns)

    def note(self, anomaly: str) -> None:
        """Count something that should not happen, by name."""
        self.anomalies[anomaly] = self.anomalies.get(anomaly, 0) + 1

    def _has_positions(self, account: Account) -> bool:
        return any(
            position.quantity
            for book in self.strategies
            if book.account is account
            for position in book.positions.values()
        )


RATE_ONE = int(10**RATE_DIGITS)
"""A rate of 1 in `RateChanged`."""
