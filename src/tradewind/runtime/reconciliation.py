"""Reconciliation with a venue: asks what it has of the account, compares, follows the rules.

One look asks for orders and executions, merges what is missing, then compares money and
positions. Executions arrive on three ways (reply, socket, asking) and are told apart by their id,
so an answer may be older or newer than what we know. What would halt must be seen twice, a pause
apart and with nothing moving in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from msgspec import structs

from tradewind.core.payments import is_unexplained
from tradewind.core.reconcile import (
    HALT,
    Difference,
    Scope,
    adopted,
    balance_differences,
    contract_costs,
    fill_differences,
    is_untouched,
    order_differences,
    position_differences,
)
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Refused, Trading
from tradewind.runtime.acceptance import FILL, Acceptance, FindFill, reversal
from tradewind.runtime.dispatch import UnderWay
from tradewind.runtime.loop import Loop, Turn
from tradewind.runtime.payment_search import FindPosted, PaymentSearch
from tradewind.runtime.read_models import DifferenceRow, Metric

DEADLINE_S = 10.0
"""Our own deadline on each question."""
CONFIRM_PAUSE_S = 2.0
"""Between the two times a difference must be seen before it halts."""
HOLDING_TRIES = 5
"""How often money and positions are asked in one look while executions keep arriving."""
UNDER_WAY_PAUSE_S = 0.2
"""Before asking again where what differs may be an order that is under way."""
SETTLE_NS = 2_000_000_000
"""What changed here so shortly before a look may be under way and is left for the next one."""
LISTED_NS = 200_000_000
"""An execution that we had for so long when the venue was asked must be in its answer."""
OVERLAP_NS = 600_000_000_000
"""How far before the last look executions are asked for again; doubles cost nothing."""
DUST_UNITS = 10
"""Money units by which balances may differ from rounding; every execution adds one for its price
and one for its fee."""
TOLD_MAX = 1_000
"""Differences remembered as told; beyond it all may be told once more."""

NOTHING_ACCEPTED = Acceptance((), "")

T = TypeVar("T")


class Reconciliation:
    """Compares one account with its venue; `rows` are the differences of the last look.

    `owner` is the strategy that transferred positions are booked to. A venue that remembers no
    execution before `memory_ns` is not asked for them. `find_fill` finds an execution that is to
    be taken back, `find_posted` the payments that are booked. `under_way` are the orders of which
    a command or a question has no outcome yet: of them nothing is said.
    """

    def __init__(
        self,
        trading: Trading,
        loop: Loop,
        *,
        account: str,
        journal_id: str,
        owner: str,
        clock: Clock,
        pause_s: float = CONFIRM_PAUSE_S,
        memory_ns: int = 0,
        find_fill: FindFill | None = None,
        find_posted: FindPosted | None = None,
        under_way: Callable[[], UnderWay] = UnderWay,
    ) -> None:
        self.rows: list[DifferenceRow] = []
        self.last_look_ns = 0
        self.failed = ""
        self.counts: dict[str, int] = {}
        self.looks = 0
        self._trading = trading
        self._loop = loop
        self._account = account
        self._journal_id = journal_id
        self._owner = owner
        self._clock = clock
        self._pause_s = pause_s
        self._memory_ns = memory_ns
        self._find_fill = find_fill
        self._under_way = under_way
        self._since_ns = max(memory_ns, _horizon_ns(loop.engine.state, clock.now_ns()))
        self._payments = PaymentSearch(
            lambda since_ns: _ask(trading.payments(since_ns=since_ns)),
            find_posted or _nothing_posted,
            self._since_ns,
        )
        self._moves = 0
        self._fills = 0
        self._dust = DUST_UNITS
        self._told: dict[tuple[str, str], tuple[str, str]] = {}
        self._suspected: set[str] = set()
        self._found_rows: list[DifferenceRow] = []
        self._looking = asyncio.Lock()
        loop.listeners.append(self._on_turn)

    @property
    def venue(self) -> str:
        """The venue it asks."""
        return self._trading.venue

    async def look(self, accepted: Acceptance = NOTHING_ACCEPTED) -> bool:
        """Compare once; False where the venue did not answer (`failed` says why).

        What is `accepted` follows the venue's word where the rule would be to halt. Raises
        `Refused` where the venue does not take the key.
        """
        async with self._looking:
            try:
                await self._look(accepted)
            except (OutsideError, TimeoutError) as error:
                self.failed = str(error) or f"no answer within {DEADLINE_S:g} s"
                return False
            self.failed = ""
            self.looks += 1
            self.last_look_ns = self._clock.now_ns()
            return True

    def metrics(self) -> list[Metric]:
        """Looks, differences by kind, and how old the last look is."""
        labels = {"venue": self.venue}
        age_s = (self._clock.now_ns() - self.last_look_ns) / 1e9 if self.last_look_ns else 0.0
        found = [
            Metric("reconciliation_age_seconds", "gauge", "Since the last look.", age_s, labels),
            Metric(
                "reconciliations_total", "counter", "Looks that ended.", float(self.looks), labels
            ),
        ]
        meaning = "Differences with the venue, by kind."
        return found + [
            Metric(
                "venue_differences_total", "counter", meaning, float(n), {**labels, "kind": kind}
            )
            for kind, n in sorted(self.counts.items())
        ]

    # --- one look ----------------------------------------------------------------------------

    async def _look(self, accepted: Acceptance) -> None:
        started_ns = self._clock.now_ns()
        state = self._loop.engine.state
        scope = self._scope(started_ns)
        is_first = is_untouched(state, scope)
        self._found_rows = []
        merged = [accepted.of(one) for one in await self._merge(scope)]
        confirmed = self._seen_twice(merged)
        found = await self._take_back(confirmed)
        if len(confirmed) == len(merged):
            # else money differs by an execution that is missing for the first time
            holdings = await self._holdings(scope)
            if not is_first:
                holdings = await self._explained(scope, holdings)
            found += [accepted.of(one) for one in holdings]
        for difference in found:
            await self._follow(adopted(difference, "first") if is_first else difference)
        await self._loop.turn()
        self.rows = self._found_rows
        self._fills = 0
        self._since_ns = max(self._memory_ns, started_ns - OVERLAP_NS)

    def _seen_twice(self, found: list[Difference]) -> list[Difference]:
        """Leave out executions that the venue did not list for the first time: it may be late."""
        missing = {one.subject for one in found if one.kind == FILL}
        before, self._suspected = self._suspected, missing
        return [one for one in found if one.kind != FILL or one.subject in before]

    async def _take_back(self, found: list[Difference]) -> list[Difference]:
        """Take executions out of the books that the venue took back and a person accepted."""
        taken = [one for one in found if one.kind == f"accepted_{FILL}"]
        for difference in taken:
            order_id, _, fill_id = difference.subject.partition(" ")
            fill = await self._find_fill(order_id, fill_id) if self._find_fill else None
            events = () if fill is None else reversal(self._loop.engine.state, fill)
            await self._follow(structs.replace(difference, events=events))
        await self._loop.turn()
        return [one for one in found if one not in taken]

    def _scope(self, started_ns: int) -> Scope:
        # at the first look nothing of this process is under way: all is settled
        settled_ns = started_ns - SETTLE_NS if self.looks else started_ns
        now = self._under_way()
        return Scope(
            self.venue,
            self._account,
            self._journal_id,
            self._since_ns,
            settled_ns,
            now.acting | now.asked,
        )

    async def _merge(self, scope: Scope) -> list[Difference]:
        """Orders and executions: post what is missing at once, return what is left to follow."""
        state = self._loop.engine.state
        left: list[Difference] = []
        orders = await _ask(self._trading.open_orders())
        for market in list(state.markets):
            if market.venue != self.venue:
                continue
            asked = structs.replace(scope, settled_ns=self._clock.now_ns() - LISTED_NS)
            try:
                fills = await _ask(self._trading.fills(market.id, since_ns=scope.since_ns))
            except Refused:
                if market.id not in state.lost_venues:
                    raise
                continue  # what the venue does not list any more it does not answer for
            for difference in list(fill_differences(state, asked, market.id, fills)):
                if difference.events:
                    self._tell(difference)
                    self._offer(difference.events)
                else:
                    left.append(difference)
        await self._loop.turn()
        return left + list(order_differences(state, scope, orders))

    async def _holdings(self, scope: Scope) -> list[Difference]:
        """Money and positions that differ in the same way twice with nothing moving between."""
        before: list[Difference] | None = None
        for _ in range(HOLDING_TRIES):
            moves, asked_ns = self._moves, self._clock.now_ns()
            found = await self._holding_differences(scope)
            if moves != self._moves:
                before = None
                continue
            if found and self._has_orders_under_way():
                before = None
                await asyncio.sleep(UNDER_WAY_PAUSE_S)
                continue
            if not any(map(is_unexplained, found)):
                self._payments.agreed_ns = max(self._memory_ns, asked_ns)
            if not found or found == before:
                return found
            before = found
            await asyncio.sleep(self._pause_s)
            missing = {one.subject for one in await self._merge(scope) if one.kind == FILL}
            if missing - self._suspected:
                self._suspected |= missing
                return []  # money differs by what was taken back: the next look tells both
        return []

    def _has_orders_under_way(self) -> bool:
        """Whether an order may have filled there of which nothing was told here yet.

        A command ends by its deadline; for a question, which may go on for long, money does not
        wait.
        """
        state = self._loop.engine.state
        orders = (state.open_orders.get(each) for each in self._under_way().acting)
        return any(
            order is not None and state.markets[order.instrument].venue == self.venue
            for order in orders
        )

    async def _holding_differences(self, scope: Scope) -> list[Difference]:
        trading, state = self._trading, self._loop.engine.state
        balances = await _ask(trading.balances())
        positions = await _ask(trading.positions()) if trading.has_positions else []
        contracts = contract_costs(state, positions)
        self._dust = DUST_UNITS * (1 + sum(one.cost != 0 for one in positions)) + 2 * self._fills
        found = balance_differences(
            state,
            scope,
            balances,
            has_positions=trading.has_positions,
            contracts=contracts,
            dust=self._dust,
        )
        if not trading.has_positions:
            return list(found)
        return [*found, *position_differences(state, scope, positions, owner=self._owner)]

    async def _explained(self, scope: Scope, found: list[Difference]) -> list[Difference]:
        """Money that payments of the venue explain is booked as what they are.

        Where the venue does not tell them, the difference stays what it is.
        """
        state = self._loop.engine.state
        try:
            return await self._payments.explain(
                state, scope, found, overlap_ns=OVERLAP_NS, dust=self._dust
            )
        except Refused:
            return found

    # --- what follows ------------------------------------------------------------------------

    async def _follow(self, difference: Difference) -> None:
        self._tell(difference)
        if difference.rule == HALT:
            self._halt(difference)
            return
        self._offer(difference.events)
        if difference.cancel is not None:
            one = difference.cancel
            command = m.CancelOrder(0, one.order_id, self.venue, one.instrument)
            await self._cancel(command)

    def _halt(self, difference: Difference) -> None:
        scope = f"venue:{self.venue}"
        if scope not in self._loop.engine.state.halts:
            reason = (
                f"{difference.kind} of {difference.subject}: we say {difference.ours}, "
                f"the venue {difference.theirs}"
            )
            self._loop.offer(m.Halted(0, scope, reason, "reconciliation"))

    async def _cancel(self, command: m.CancelOrder) -> None:
        """Cancel what nobody here counts; where that fails the next look says so again."""
        try:
            await _ask(self._trading.cancel(command))
        except (Refused, OutsideError, TimeoutError):
            return

    def _tell(self, difference: Difference) -> None:
        """Show it, and journal it where it is new or has changed."""
        self._found_rows.append(
            DifferenceRow(
                venue=self.venue,
                kind=difference.kind,
                subject=difference.subject,
                ours=difference.ours,
                theirs=difference.theirs,
                rule=difference.rule,
                reason=difference.reason,
                time_ns=self._clock.now_ns(),
            )
        )
        key, said = (difference.kind, difference.subject), (difference.ours, difference.theirs)
        if self._told.get(key) == said:
            return
        if len(self._told) >= TOLD_MAX:
            self._told.clear()
        self._told[key] = said
        self.counts[difference.kind] = self.counts.get(difference.kind, 0) + 1
        self._loop.offer(difference.told(self.venue))

    def _offer(self, events: Iterable[m.ControlEvent]) -> None:
        for event in events:
            self._loop.offer(event)

    def _on_turn(self, turn: Turn) -> None:
        self._moves += sum(isinstance(record, m.MONEY_EVENTS) for record in turn.records)
        self._fills += sum(isinstance(record, m.OrderFilled) for record in turn.records)


async def _ask(question: Awaitable[T]) -> T:
    async with asyncio.timeout(DEADLINE_S):
        return await question


def _horizon_ns(state: State, now_ns: int) -> int:
    """How far back to ask at first: behind the oldest open order and the last thing we know."""
    if not state.orders:
        return now_ns
    intended = [order.intended_time_ns for order in state.open_orders.values()]
    return int(min([*intended, state.time_ns])) - OVERLAP_NS


async def _nothing_posted(_: frozenset[str]) -> frozenset[str]:
    """Where there is no journal to look into."""
    return frozenset()
