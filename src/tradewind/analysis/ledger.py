"""The general ledger: every movement of money and positions as an entry that sums to zero.

It is folded from records alone, beside the core and without its state: the balances of both are
compared in the tests. Accounts are named by their kind: `cash`, `positions` (at cost), `fees`,
`realized`, `capital`, and one for each kind of posting (`funding`, `dividend`, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from tradewind.core.corporate_actions import dividend_money, split_position
from tradewind.core.market import Market
from tradewind.core.positions import Position
from tradewind.core.state import State
from tradewind.model import messages as m

Place = tuple[str, str]
"""Kind of account and currency."""
PositionKey = tuple[str, str, str, int]
"""Account, strategy, instrument, leg."""
OPENING = "opening"
ORDERS_MAX = 200_000
"""Orders whose fills are known again when they come; of more the oldest are forgotten."""


class Entry(msgspec.Struct, frozen=True):
    """One entry: debits positive, in money units of each currency; they sum to zero.

    `kind` is fill, deposit, transfer, split, delisting, liquidation or a kind of posting;
    `strategy` is "" where it is of the account itself. A quantity is signed, in units, the
    change of the position.
    """

    number: int
    time_ns: int
    kind: str
    account: str
    strategy: str
    instrument: str
    postings: dict[Place, int]
    quantity: int = 0
    price: int = 0
    reference: str = ""
    leg: int = 0


class OrderTerms(msgspec.Struct):
    """What the ledger needs of an order to post its fills, each once."""

    account: str
    strategy: str
    instrument: str
    side: int
    leg: int
    fill_ids: set[str] = msgspec.field(default_factory=set)


class Ledger:
    """Folds records into entries and balances; `take` one record after another, in order.

    Entries go to `sink`, or pile up in `entries`.

    >>> from tradewind.model.messages import AccountOpened, CashDeposited
    >>> ledger = Ledger()
    >>> ledger.take(1, AccountOpened(0, "main", "USD"))
    >>> ledger.take(2, CashDeposited(0, "main", "USD", 5_000_000))
    >>> ledger.balance("main", "cash", "USD"), ledger.balance("main", "capital", "USD")
    (5000000, -5000000)
    """

    def __init__(self, sink: Callable[[Entry], None] | None = None) -> None:
        self.entries: list[Entry] = []
        self._sink = sink or self.entries.append
        self.balances: dict[tuple[str, str, str], int] = {}
        self.positions: dict[PositionKey, Position] = {}
        self.markets: dict[str, Market] = {}
        self.currencies: dict[str, str] = {}
        self.strategies: dict[str, str] = {}
        self.orders: dict[str, OrderTerms] = {}
        self.sequence = 0
        self._aimed: dict[str, tuple[str, int]] = {}

    def take(self, sequence: int, record: m.Record) -> None:
        """Fold one record; most move no money."""
        handler = HANDLERS.get(type(record))
        self.sequence = sequence
        if handler is not None:
            handler(self, record)

    def order(self, order_id: str, terms: OrderTerms) -> None:
        """Tell whose order an id is, once; records tell it themselves."""
        self.orders.setdefault(order_id, terms)
        if len(self.orders) > ORDERS_MAX:
            del self.orders[next(iter(self.orders))]

    def key(self, account: str, strategy: str, instrument: str, leg: int) -> PositionKey:
        """The key of a position, with the id that its instrument has now."""
        return account, strategy, self.markets[instrument].id, int(leg)

    def balance(self, account: str, kind: str, currency: str) -> int:
        """The balance of an account of the ledger, debits positive."""
        return self.balances.get((account, kind, currency), 0)

    def position(self, key: PositionKey) -> Position:
        """A position, made on first use."""
        return self.positions.setdefault(key, Position())

    def post(
        self, event: Any, kind: str, account: str, postings: Mapping[Place, int], **more: Any
    ) -> None:
        """Enter postings that sum to zero in each currency."""
        currencies = {currency for _, currency in postings}
        for currency in currencies:
            total = sum(money for (_, one), money in postings.items() if one == currency)
            assert total == 0, f"entry of {kind} does not balance in {currency}"
        kept = {place: money for place, money in postings.items() if money}
        for (place, currency), money in kept.items():
            key = (account, place, currency)
            self.balances[key] = self.balances.get(key, 0) + money
        fields = {"strategy": "", "instrument": "", **more}
        self._sink(Entry(self.sequence, event.time_ns, kind, account, postings=kept, **fields))

    def trade(
        self,
        event: Any,
        kind: str,
        key: PositionKey,
        *,
        quantity: int,
        price: int,
        fee: int = 0,
        fee_currency: str = "",
        reference: str = "",
        against: str = "cash",
    ) -> None:
        """Enter a signed quantity at a price; `against` is what pays: cash, or capital."""
        account, strategy, instrument, leg = key
        market, position = self.markets[instrument], self.position(key)
        before = position.cost
        realized = position.fill(quantity, price, market.money_factor, market.money_divisor)
        postings: dict[Place, int] = {
            (against, market.currency): -market.notional(price, quantity),
            ("positions", market.currency): position.cost - before,
            ("realized", market.currency): -realized,
        }
        if fee:
            for place, money in (("fees", fee), ("cash", -fee)):
                known = postings.get((place, fee_currency), 0)
                postings[place, fee_currency] = known + money
        self.post(
            event, kind, account, postings,
            strategy=strategy, instrument=instrument, quantity=quantity, price=price,
            reference=reference, leg=leg,
        )  # fmt: skip

    def held(self, instrument: str) -> Iterable[tuple[PositionKey, Position]]:
        """The positions in an instrument that are not flat, in the order they came."""
        name = self.markets[instrument].id
        found = self.positions.items()
        return [(key, one) for key, one in found if key[2] == name and one.quantity]

    def open_with(self, state: State) -> None:
        """Begin with the balances and positions of a state, as one entry for each account."""
        for account in state.accounts:
            postings: dict[Place, int] = {}
            for currency, wallet in account.wallets.items():
                balances = {
                    "cash": wallet.cash,
                    "positions": wallet.inventory,
                    "fees": wallet.fees,
                    "realized": wallet.realized,
                    "capital": wallet.capital,
                    **wallet.others,
                }
                postings |= {(kind, currency): money for kind, money in balances.items()}
            self.post(m.ClockTicked(state.time_ns), OPENING, account.name, postings)
        for book in state.strategies:
            for key, position in book.positions.items():
                number, leg = divmod(key, 3)
                place = (book.account.name, book.name, state.markets[number].id, leg - 1)
                self.position(place).restate(*position.snapshot())
        for order in state.orders.values():
            self.orders[order.order_id].fill_ids.update(order.fill_ids)


def _listed(ledger: Ledger, event: m.InstrumentListed) -> None:
    known = ledger.markets.get(event.instrument.id)
    if known is None:
        ledger.markets[event.instrument.id] = Market(event.instrument, len(ledger.markets))
    else:
        known.relist(event.instrument)


def _opened(ledger: Ledger, event: m.AccountOpened) -> None:
    ledger.currencies[event.account] = event.currency


def _registered(ledger: Ledger, event: m.StrategyRegistered) -> None:
    ledger.strategies[event.strategy] = event.account


def _intended(ledger: Ledger, event: m.OrderIntended) -> None:
    account = ledger.strategies.get(event.strategy)
    if account is not None and event.instrument in ledger.markets:
        terms = OrderTerms(
            account, event.strategy, event.instrument, int(event.side), int(event.leg)
        )
        ledger.order(event.order_id, terms)


def _aimed(ledger: Ledger, event: m.TargetIntended) -> None:
    ledger._aimed[event.order_id] = (event.strategy, int(event.leg))
    if len(ledger._aimed) > ORDERS_MAX:
        del ledger._aimed[next(iter(ledger._aimed))]


def _submitted(ledger: Ledger, command: m.SubmitOrder) -> None:
    if command.order_id in ledger._aimed:
        strategy, leg = ledger._aimed.pop(command.order_id)
        terms = OrderTerms(command.account, strategy, command.instrument, int(command.side), leg)
        ledger.order(command.order_id, terms)


def _filled(ledger: Ledger, event: m.OrderFilled) -> None:
    terms = ledger.orders.get(event.order_id)
    if terms is None or event.fill_id in terms.fill_ids:
        return  # the core posts neither
    terms.fill_ids.add(event.fill_id)
    ledger.trade(
        event,
        "fill",
        ledger.key(terms.account, terms.strategy, terms.instrument, terms.leg),
        quantity=event.quantity * terms.side,
        price=event.price,
        fee=event.fee,
        fee_currency=event.fee_currency,
        reference=f"{event.order_id} {event.fill_id}",
    )


def _deposited(ledger: Ledger, event: m.CashDeposited) -> None:
    postings = {("cash", event.currency): event.amount, ("capital", event.currency): -event.amount}
    ledger.post(event, "deposit" if event.amount >= 0 else "withdrawal", event.account, postings)


def _transferred(ledger: Ledger, event: m.PositionTransferred) -> None:
    account = ledger.strategies[event.strategy]
    key = ledger.key(account, event.strategy, event.instrument, event.leg)
    ledger.trade(
        event, "transfer", key, quantity=event.quantity, price=event.price, against="capital"
    )


def _posted(ledger: Ledger, event: m.CashPosted) -> None:
    against = "fees" if event.kind == "fee" else event.kind
    postings = {("cash", event.currency): event.amount, (against, event.currency): -event.amount}
    ledger.post(
        event, event.kind, event.account, postings,
        strategy=event.strategy, instrument=event.instrument, reference=event.reference,
    )  # fmt: skip


def _converted(ledger: Ledger, event: m.CashConverted) -> None:
    postings = {
        ("cash", event.sold_currency): -event.sold,
        ("conversion", event.sold_currency): event.sold,
        ("cash", event.bought_currency): event.bought,
        ("conversion", event.bought_currency): -event.bought,
    }
    ledger.post(event, "conversion", event.account, postings, reference=event.reference)


def _dividend(ledger: Ledger, event: m.DividendPaid) -> None:
    market = ledger.markets[event.instrument]
    currency = event.currency or market.currency
    books: dict[tuple[str, str], int] = {}
    for (account, strategy, _, _), position in ledger.held(event.instrument):
        books[account, strategy] = books.get((account, strategy), 0) + position.quantity
    for (account, strategy), quantity in books.items():
        money = dividend_money(event, market, quantity)
        postings = {("cash", currency): money, ("dividend", currency): -money}
        if money:
            ledger.post(
                event, "dividend", account, postings,
                strategy=strategy, instrument=event.instrument, reference=event.amount,
            )  # fmt: skip


def _split(ledger: Ledger, event: m.InstrumentSplit) -> None:
    market = ledger.markets[event.instrument]
    for (account, strategy, instrument, leg), position in ledger.held(event.instrument):
        after = split_position(position, market, event)
        moved, realized = after.quantity - position.quantity, after.cash - after.released
        position.restate(
            after.quantity, position.cost - after.released, position.realized + realized
        )
        currency = market.currency
        postings = {
            ("cash", currency): after.cash,
            ("positions", currency): -after.released,
            ("realized", currency): -realized,
        }
        ledger.post(
            event, "split", account, postings, strategy=strategy, instrument=instrument,
            quantity=moved, reference=f"{event.numerator}:{event.denominator}", leg=leg,
        )  # fmt: skip


def _renamed(ledger: Ledger, event: m.InstrumentRenamed) -> None:
    market, former = ledger.markets[event.former], ledger.markets[event.former].id
    market.relist(event.instrument)
    ledger.markets[market.id] = market
    ledger.positions = {
        (key[0], key[1], market.id, key[3]) if key[2] == former else key: position
        for key, position in ledger.positions.items()
    }


def _delisted(ledger: Ledger, event: m.InstrumentDelisted) -> None:
    for key, position in ledger.held(event.instrument):
        ledger.trade(event, "delisting", key, quantity=-position.quantity, price=event.price)


def _liquidated(ledger: Ledger, event: m.PositionLiquidated) -> None:
    left, fee = event.quantity, event.fee
    currency = event.fee_currency or ledger.markets[event.instrument].currency
    for strategy, account in ledger.strategies.items():
        key = ledger.key(event.account, strategy, event.instrument, event.leg)
        position = ledger.positions.get(key)
        if account != event.account or position is None or position.quantity * left >= 0:
            continue
        given = left if abs(left) <= abs(position.quantity) else -position.quantity
        ledger.trade(event, "liquidation", key, quantity=given, price=event.price)
        left -= given
    if fee:
        postings = {("fees", currency): fee, ("cash", currency): -fee}
        ledger.post(event, "fee", event.account, postings, instrument=event.instrument)


HANDLERS: dict[type, Any] = {
    m.InstrumentListed: _listed,
    m.AccountOpened: _opened,
    m.StrategyRegistered: _registered,
    m.OrderIntended: _intended,
    m.TargetIntended: _aimed,
    m.SubmitOrder: _submitted,
    m.SubmitIceberg: _submitted,
    m.OrderFilled: _filled,
    m.CashDeposited: _deposited,
    m.PositionTransferred: _transferred,
    m.CashPosted: _posted,
    m.CashConverted: _converted,
    m.DividendPaid: _dividend,
    m.InstrumentSplit: _split,
    m.InstrumentRenamed: _renamed,
    m.InstrumentDelisted: _delisted,
    m.PositionLiquidated: _liquidated,
}
"""What each record does to the ledger; all others leave it as it is."""
