"""The desk: what a running engine shows to the control socket, read straight from its state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

from tradewind.core.orders import Order
from tradewind.core.replacements import newest_id
from tradewind.core.route import legs_of
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import currency_digits
from tradewind.model.numbers import format_units
from tradewind.model.orders import Side
from tradewind.runtime.broadcast import Broadcast, Subscription
from tradewind.runtime.control_messages import Performed
from tradewind.runtime.control_target import Submission
from tradewind.runtime.desk_actions import DeskActions
from tradewind.runtime.desk_rows import account_row, order_row, position_row
from tradewind.runtime.feed import Feed
from tradewind.runtime.held_rows import held_story, kept_rows
from tradewind.runtime.loop import Loop, Turn
from tradewind.runtime.market_board import MarketBoard, mark_of, market_row
from tradewind.runtime.read_models import (
    AccountRow,
    DifferenceRow,
    Health,
    HeldStory,
    Listing,
    Metric,
    OrderRow,
    PositionRow,
    Status,
    StrategyRow,
    Update,
    VenueRow,
)
from tradewind.runtime.venue_watch import VenueWatch
from tradewind.version import VERSION

ORDERS_SHOWN_MAX = 200
STALE_NS = 10_000_000_000
"""Market data older than this is a reason not to be healthy."""
COMMIT_LATE_NS = 5_000_000_000
"""A journal that was not written for so long is a reason not to be healthy."""
SECOND_NS = 1_000_000_000


class Desk:
    """Answers for one engine; `mode` is `paper`."""

    def __init__(self, loop: Loop, feed: Feed, *, mode: str, now_ns: Callable[[], int]) -> None:
        self._loop = loop
        self._feed = feed
        self._mode = mode
        self._now_ns = now_ns
        self._started_ns = now_ns()
        self._broadcast = Broadcast()
        self._told_accounts: dict[str, AccountRow] = {}
        """As subscribers know them: one that has not changed is not told again."""
        self.counts: dict[str, int] = {}
        self.complaints: list[Callable[[], str]] = []
        """Each gives a sentence on what works less well though trading goes on, or ""."""
        self.more_metrics: list[Callable[[], list[Metric]]] = []
        self.watches: list[VenueWatch] = []
        self.actions: DeskActions | None = None
        self.blocking: Callable[[], AbstractContextManager[None]] = nullcontext
        """Around a halt until it is durable: no order leaves meanwhile."""
        self.market = MarketBoard(
            lambda: [mark_of(market) for market in self.state.markets],
            lambda number: market_row(self.state.markets[number], now_ns()),
        )
        loop.listeners.append(self._on_turn)

    @property
    def state(self) -> State:
        """The core's state."""
        return self._loop.engine.state

    def status(self) -> Status:
        """Everything at a glance."""
        state = self.state
        return Status(
            version=VERSION,
            mode=self._mode,
            sequence=state.sequence,
            time_ns=state.time_ns,
            uptime_s=(self._now_ns() - self._started_ns) // SECOND_NS,
            market=[market_row(market, self._now_ns()) for market in state.markets],
            orders=self.open_orders()[:ORDERS_SHOWN_MAX],
            positions=self.positions(),
            accounts=[account_row(self.state, account) for account in state.accounts],
            strategies=[
                StrategyRow(strategy=one.name, account=one.account.name, reason=one.stop_reason)
                for one in state.strategies
            ],
            venues=self.venues(),
            differences=self.differences(),
            halts=[
                {"scope": scope, "reason": reason, "by": by}
                for scope, (reason, by) in state.halts.items()
            ],
            counts=self._counts(),
            health=self.health(),
        )

    @property
    def sequence(self) -> int:
        """The journal's sequence that all answers are as of."""
        return self.state.sequence

    def orders(self) -> list[OrderRow]:
        """The newest orders, newest first; those that the core keeps first."""
        newest = islice(reversed(self.state.orders.values()), ORDERS_SHOWN_MAX)
        kept = kept_rows(self.state)[:ORDERS_SHOWN_MAX]
        return kept + [order_row(self.state, order) for order in newest]

    def held_order(self, order_id: str) -> HeldStory | None:
        """One order that the core holds, with its terms."""
        held = self.state.held.get(order_id)
        return None if held is None else held_story(self.state, held)

    def open_orders(self) -> list[OrderRow]:
        """All orders that are not in a final state, newest first; those that the core keeps first.

        The state of a held one is HELD, its type what lets it go (see `Trigger`); that of a
        parent WORKED, its type the algorithm.
        """
        state = self.state
        return kept_rows(state) + [
            order_row(self.state, order) for order in reversed(state.open_orders.values())
        ]

    def positions(self) -> list[PositionRow]:
        """All positions of all strategies that are not flat, by account, instrument and leg."""
        rows: dict[tuple[int, int, int], list[int]] = {}
        for book in self.state.strategies:
            for key, position in book.positions.items():
                number, leg = divmod(key, 3)
                total = rows.setdefault((book.account.index, number, leg - 1), [0, 0])
                total[0] += position.quantity
                total[1] += position.cost
        return [
            position_row(self.state, key, quantity, cost)
            for key, (quantity, cost) in sorted(rows.items())
            if quantity
        ]

    def instruments(self) -> Listing:
        """What can be traded, and on which account by whom."""
        state = self.state
        listed = [market.instrument for market in state.markets]
        accounts = {book.name: book.account.name for book in state.strategies}
        return Listing(state.journal_id, listed, accounts, legs_of(state))

    def health(self) -> Health:
        """Whether market data is fresh, the journal is written and strategies run."""
        now_ns = self._now_ns()
        reasons = [
            f"no market data of {market.id} for {(now_ns - last) // SECOND_NS} s"
            for market in self.state.markets
            if now_ns - (last := self._feed.last_received_ns.get(market.id, self._started_ns))
            > STALE_NS
        ]
        if now_ns - max(self._loop.last_commit_ns, self._started_ns) > COMMIT_LATE_NS:
            reasons.append("the journal is not written")
        reasons += [
            f"strategy {book.name} stopped: {book.stop_reason}"
            for book in self.state.strategies
            if book.is_stopped
        ]
        paused = self.state.market_numbers
        reasons += [
            f"venue {name} is lost: {why}"
            for name, why in self.state.lost_venues.items()
            if name not in paused
        ]
        degraded = [sentence for complain in self.complaints if (sentence := complain())]
        return Health(ok=not reasons, reasons=reasons, degraded=degraded, venues=self.venues())

    def venues(self) -> list[VenueRow]:
        """How each venue stands."""
        return [watch.row() for watch in self.watches]

    def differences(self) -> list[DifferenceRow]:
        """On what we and the venues disagreed at the last look."""
        return [row for watch in self.watches for row in watch.reconciliation.rows]

    def metrics(self) -> list[Metric]:
        """The numbers for a monitoring system."""
        state = self.state
        found = [
            Metric(f"{name}_total", "counter", meaning, float(self._counts()[name]))
            for name, meaning in _COUNTERS.items()
        ]
        found.append(
            Metric("journal_sequence", "gauge", "Last journaled sequence.", float(state.sequence))
        )
        found.append(
            Metric("open_orders", "gauge", "Orders that may fill.", float(len(state.open_orders)))
        )
        for account in state.accounts:
            row = account_row(self.state, account)
            labels = {"account": account.name, "currency": account.currency}
            for name in ("equity", "cash", "exposure", "unrealised"):
                value = float(row[name])
                found.append(Metric(f"account_{name}", "gauge", f"Account {name}.", value, labels))
        for market in state.markets:
            age_s = market_row(market, self._now_ns())["age_ms"] / 1000
            labels = {"instrument": market.id}
            found.append(
                Metric(
                    "market_data_age_seconds", "gauge", "Age of the newest price.", age_s, labels
                )
            )
        found += [one for more in self.more_metrics for one in more()]
        return found + [one for watch in self.watches for one in watch.reconciliation.metrics()]

    async def submit(self, event: Submission, *more: Submission) -> int:
        """Put an event of a person in, with what belongs to it; its sequence once durable."""
        if isinstance(event, m.CancelIntended | m.AmendIntended):
            self._check_open(event.order_id)
        if isinstance(event, m.OrderIntended | m.ConditionalIntended | m.AlgorithmIntended):
            self.state.market(event.instrument)
        if isinstance(event, m.Halted | m.Resumed):
            self._check_scope(event.scope)
        if isinstance(event, m.Halted):
            with self.blocking():
                return await self._loop.submit(event)
        return await self._loop.submit(event, *more)

    async def perform(self, request: Performed) -> Any:
        """Do what a person asks beside orders."""
        if self.actions is None:
            raise UserError("this engine takes orders only")
        return await self.actions.perform(request)

    def subscribe(self) -> Subscription:
        """Every update of a read model from here on; the next turn tells each account."""
        self._told_accounts.clear()
        return self._broadcast.subscribe()

    def close(self, reason: str) -> None:
        """End all subscriptions."""
        self._broadcast.close(reason)

    def _check_open(self, order_id: str) -> None:
        state, newest = self.state, newest_id(self.state, order_id)
        if not any(newest in kept for kept in (state.open_orders, state.held, state.parents)):
            raise UserError(f"there is no open order {order_id!r}: see `tradewind orders`")

    def _check_scope(self, scope: str) -> None:
        kind, _, rest = scope.partition(":")
        known = {
            "account": self.state.account_numbers,
            "strategy": self.state.strategy_numbers,
            "instrument": self.state.market_numbers,
        }
        if kind in known and rest not in known[kind]:
            names = ", ".join(known[kind]) or "none"
            raise UserError(f"there is no {kind} {rest!r}: known are {names}")

    def _on_turn(self, turn: Turn) -> None:
        for record in turn.records:
            name = type(record).__name__
            self.counts[name] = self.counts.get(name, 0) + 1
        self.market.notice()
        if self._broadcast.subscriber_count:
            self._publish(turn)

    def _publish(self, turn: Turn) -> None:
        sequence = turn.group.last
        changed = {getattr(record, "order_id", "") for record in turn.records}
        for order_id in sorted(changed - {""}):
            order = self.state.orders.get(order_id)
            if order is not None:
                body = dict(order_row(self.state, order))
                self._broadcast.publish(Update("order", sequence, body))
        for record in turn.records:
            told = self._told(record)
            if told is not None:
                self._broadcast.publish(Update(told[0], sequence, told[1]))
        if any(isinstance(record, m.OrderFilled) for record in turn.records):
            for position in self.positions():
                self._broadcast.publish(Update("position", sequence, dict(position)))
        if any(isinstance(record, m.Halted | m.Resumed) for record in turn.records):
            halts = {scope: list(why) for scope, why in self.state.halts.items()}
            self._broadcast.publish(Update("halt", sequence, {"halts": halts}))
        for account in self.state.accounts:
            row = account_row(self.state, account)
            if self._told_accounts.get(account.name) != row:
                self._told_accounts[account.name] = row
                self._broadcast.publish(Update("account", sequence, dict(row)))

    def _told(self, record: m.Record) -> tuple[str, dict[str, object]] | None:
        """What a record says by itself: an execution, or a refusal of our risk."""
        if not isinstance(record, m.OrderFilled | m.OrderDenied):
            return None
        order = self.state.orders.get(record.order_id)
        if order is None:
            return None
        body = {"order_id": record.order_id, "time_ns": record.time_ns}
        body["strategy"] = self.state.strategies[order.strategy].name
        if isinstance(record, m.OrderDenied):
            return "risk", body | {
                "rule": record.rule, "value": record.value, "limit": record.limit
            }  # fmt: skip
        return "fill", body | self._fill_terms(record, order)

    def _fill_terms(self, fill: m.OrderFilled, order: Order) -> dict[str, object]:
        instrument = self.state.markets[order.instrument].instrument
        return {
            "fill_id": fill.fill_id,
            "instrument": instrument.id,
            "side": Side(order.side).name,
            "price": format_units(fill.price, instrument.price_digits),
            "quantity": format_units(fill.quantity, instrument.quantity_digits),
            "fee": format_units(fill.fee, currency_digits(fill.fee_currency)),
            "fee_currency": fill.fee_currency,
        }

    def _counts(self) -> dict[str, int]:
        counts = self.counts
        return {
            "messages_processed": self.state.sequence,
            "orders_submitted": counts.get("SubmitOrder", 0) + counts.get("SubmitIceberg", 0),
            "orders_denied": counts.get("OrderDenied", 0),
            "orders_rejected": counts.get("OrderRejected", 0),
            "fills": counts.get("OrderFilled", 0),
            "market_rows": self._feed.row_count,
            "bad_ticks": self._feed.bad_count,
            "market_batches_dropped": self._loop.dropped_batches,
            "anomalies": sum(
                count
                for name, count in self.state.anomalies.items()
                if not name.startswith("bad_tick")
            ),
        }


_COUNTERS = {
    "messages_processed": "Events stepped, market rows too.",
    "orders_submitted": "Orders sent.",
    "orders_denied": "Orders that our own risk refused.",
    "orders_rejected": "Orders that a venue refused.",
    "fills": "Executions.",
    "market_rows": "Good market rows received.",
    "bad_ticks": "Market rows refused.",
    "market_batches_dropped": "Market batches dropped because too many waited.",
    "anomalies": "Things that should not happen.",
}
