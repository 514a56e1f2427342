"""Clearing: the venue's own books of its customer, and what it does by them.

A venue knows what it has filled: it charges funding, borrow cost and interest on it, passes on
dividends and splits, and liquidates an account whose equity falls below maintenance margin.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tradewind.core.account_checks import check_room
from tradewind.core.account_transitions import post_quantity
from tradewind.core.corporate_actions import half_even
from tradewind.core.event_checks import check
from tradewind.core.margin import margin_used, requirement
from tradewind.core.state import Account, State
from tradewind.core.transitions import apply
from tradewind.core.venue_model import NEVER_NS
from tradewind.model import messages as m
from tradewind.model.account_terms import AccountTerms
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import parse_units
from tradewind.sim.charges import Charge, held_by
from tradewind.sim.rates import parse_rate, share_of

Action = (
    m.DividendPaid
    | m.InstrumentSplit
    | m.InstrumentRenamed
    | m.InstrumentDelisted
    | m.CashPosted
    | m.CashDeposited
    | m.CashConverted
)
"""What is scheduled: corporate actions, and money that comes or goes at a known time."""

BOOK = "cleared"


class Clearing:
    """What a simulated venue knows and does about its one customer.

    `terms` are the account's (see `model.account_terms`), `charges` fall due by themselves (see
    `sim.charges`), `actions` happen at their times. `rates` say what one unit of a currency is
    worth in the account's. A liquidation trades at the mark, or at the quote it takes, and costs
    `liquidation_fee` of its value; the largest positions go first, each whole, until the rest is
    margined again.

    >>> Clearing(terms=AccountTerms(initial_margin="0.1", maintenance_margin="0.05")).next_ns
    9223372036854775807
    """

    def __init__(
        self,
        *,
        terms: AccountTerms | None = None,
        charges: Sequence[Charge] = (),
        actions: Sequence[Action] = (),
        liquidation_fee: str = "0",
        rates: Mapping[str, str] | None = None,
    ) -> None:
        self.terms = terms
        self.charges = tuple(charges)
        self.actions = sorted(actions, key=lambda action: action.time_ns)
        self.fee_rate = parse_rate(liquidation_fee)
        self.rates = dict(rates or {})
        self.state = State()
        self.next_ns = NEVER_NS
        self._due: list[tuple[int, int, Any]] = []

    @property
    def is_margined(self) -> bool:
        """Whether positions are watched: there is a maintenance margin."""
        return self.terms is not None and self.terms.kind == "margin"

    def setup(self, time_ns: int, account: str, currency: str) -> list[m.ControlEvent]:
        """The events that give an account its terms and rates."""
        events: list[m.ControlEvent] = [
            m.RateChanged(time_ns, one, currency, parse_units(rate, 9))
            for one, rate in self.rates.items()
        ]
        if self.terms is not None:
            events.append(m.AccountTermsSet(time_ns, account, self.terms, "clearing"))
        return events

    def open(
        self, time_ns: int, instruments: Sequence[Instrument], account: m.AccountOpened, cash: int
    ) -> None:
        """Begin anew with the customer's account and cash; charges are due behind this time."""
        if account.hedging and self.terms is not None:
            raise UserError("accounts with terms net their positions: leave hedging out")
        self.state = State()
        name, currency = account.account, account.currency
        events = [m.InstrumentListed(time_ns, instrument) for instrument in instruments]
        for event in (
            *events,
            account,
            m.CashDeposited(time_ns, name, currency, cash),
            m.StrategyRegistered(time_ns, BOOK, name, "", {}),
            *self.setup(time_ns, name, currency),
        ):
            self.take(event)
        self._due = []
        for number, charge in enumerate(self.charges):
            self._schedule(charge.due_after(time_ns), number, charge)
        for number, action in enumerate(self.actions):
            if action.time_ns > time_ns:
                self._schedule(action.time_ns, -len(self.actions) + number, action)

    def take(self, event: m.ControlEvent) -> None:
        """Apply an event to the venue's books."""
        check(self.state, event)
        apply(self.state, event)

    def on_fill(self, instrument: int, quantity: int, price: int, fee: int) -> None:
        """Post a fill of the customer; the fee is in the instrument's currency."""
        market = self.state.markets[instrument]
        post_quantity(
            self.state, self.state.strategies[0], market, leg=0, quantity=quantity, price=price
        )
        self.account.wallet(market.currency).pay_fee(fee)

    @property
    def account(self) -> Account:
        """The customer's account in the venue's books."""
        return self.state.accounts[0]

    def mark(self, instrument: int, time_ns: int, price: int) -> None:
        """A price that positions are valued at from here on."""
        market = self.state.markets[instrument]
        market.mark, market.mark_time_ns = price, time_ns
        for holder in market.holders:
            holder.revalue()

    def position(self, instrument: int) -> int:
        """The signed quantity the customer holds."""
        holdings = self.account.scope.holdings
        holding = holdings[instrument] if instrument < len(holdings) else None
        return 0 if holding is None else int(holding.position)

    def due_events(self, time_ns: int) -> list[m.ControlEvent]:
        """What happens at a due time, posted in the venue's books already."""
        happened: list[m.ControlEvent] = []
        while self._due and self._due[0][0] <= time_ns:
            due_ns, number, item = heapq.heappop(self._due)
            if isinstance(item, Action):
                event = self._priced(item) if isinstance(item, m.InstrumentSplit) else item
                happened.append(event)
                self.take(event)
                continue
            for event in item.postings(self.account, due_ns):
                check_room(self.state, event.account, event.currency, abs(event.amount))
                self.take(event)
                happened.append(event)
            self._schedule(item.due_after(due_ns), number, item)
        self.next_ns = self._due[0][0] if self._due else NEVER_NS
        return happened

    def call(self, time_ns: int) -> m.MarginCalled | None:
        """The margin call of an account whose equity is below its maintenance margin."""
        equity = self.state.equity(self.account)
        maintenance = margin_used(self.state, self.account)[1]
        if equity >= maintenance:
            return None
        return m.MarginCalled(time_ns, self.account.name, equity, maintenance)

    def liquidation(self, time_ns: int, quotes: Mapping[int, tuple[int, int]]) -> Any:
        """Close the position with the largest requirement at its bid or ask, else at the mark.

        None where nothing is held; `quotes` are (bid, ask) by the instrument's number.
        """
        held = held_by(self.account)
        if not held:
            return None
        holding = max(held, key=lambda one: (requirement(self.account, one, 1), -one.market.index))
        market = holding.market
        bid, ask = quotes.get(market.index, (0, 0))
        price = (bid if holding.position > 0 else ask) or market.mark
        value = abs(market.notional(price, holding.position))
        event = m.PositionLiquidated(
            time_ns,
            self.account.name,
            market.id,
            -holding.position,
            price,
            share_of(value, self.fee_rate),
            market.currency,
        )
        self.take(event)
        return event

    def _priced(self, event: m.InstrumentSplit) -> m.InstrumentSplit:
        """A split that says what fractions are paid out at: the mark, unless it does already."""
        mark = self.state.market(event.instrument).mark
        price = event.price or half_even(mark * event.denominator, event.numerator)
        return msgspec.structs.replace(event, price=price)

    def _schedule(self, time_ns: int, number: int, item: Any) -> None:
        if time_ns != NEVER_NS:
            heapq.heappush(self._due, (time_ns, number, item))
        self.next_ns = self._due[0][0] if self._due else NEVER_NS
