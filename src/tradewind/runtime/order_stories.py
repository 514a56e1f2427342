"""What became of orders, as transaction-cost analysis takes it: of a run, and of a journal."""

from __future__ import annotations

from collections.abc import Iterator

from tradewind.analysis.market_path import MarketPath
from tradewind.analysis.tca import FillOf, OrderStory, Tca, transaction_costs
from tradewind.core.engine import Engine
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.journal import JournalReader, numbered
from tradewind.runtime.recorder import Recorder

INTENTS = (m.OrderIntended, m.TargetIntended, m.ConditionalIntended)
DAY_NS = 24 * 3600 * 10**9
"""Market data is read from a day before the first decision to a day behind the last."""
ROWS_MAX = 20_000_000
"""Market rows that are held for the prices around orders; more are refused by a sentence."""


def stories_of_run(engine: Engine) -> list[OrderStory]:
    """The orders of an engine that kept its fills, in the order of their first fill."""
    state = engine.state
    stories: dict[str, OrderStory] = {}
    for report in engine.fills or []:
        order = report.order
        assert order is not None, "a fill that was kept without its order"
        story = stories.get(report.order_id)
        if story is None:
            story = stories[report.order_id] = OrderStory(
                order.order_id,
                state.strategies[order.strategy].name,
                state.accounts[order.account].name,
                state.markets[order.instrument].instrument,
                order.side,
                order.quantity,
                order.intended_time_ns,
                ended_ns=0 if order.is_open else order.changed_time_ns,
            )
        story.fills.append(
            FillOf(report.time_ns, report.price, report.quantity, report.fee, report.fee_currency)
        )
    return list(stories.values())


def costs_of_journal(
    journal: JournalReader, recorder: Recorder, *, until: int, first_ns: int, last_ns: int
) -> Tca:
    """The costs of the orders of a journal that were decided in [first_ns, last_ns).

    The journal is read up to `until` (0: to its end), with the market rows of the instruments that
    were ordered. Orders decided before what is kept of the journal have no story.
    """
    reading = _Reading(first_ns, last_ns)
    for number, record in _records(journal, until):
        reading.take(number, record)
    ordered = {story.instrument.id for story in reading.stories.values()}
    batches: dict[str, list[Columns]] = {name: [] for name in ordered}
    rows = 0
    for reference in reading.market:
        if reference.instrument in ordered:
            rows += reference.count
            if rows > ROWS_MAX:
                raise UserError(
                    f"more than {ROWS_MAX} market rows lie around these orders: name a shorter "
                    "--timerange"
                )
            batches[reference.instrument].append(recorder.read(reference))
    paths = {name: MarketPath(parts) for name, parts in batches.items()}
    for story in reading.stories.values():
        story.tick_ns = paths[story.instrument.id].last_row_ns(story.intended_ns) or 0
    return transaction_costs(reading.stories.values(), paths)


def _records(journal: JournalReader, until: int) -> Iterator[tuple[int, m.Record]]:
    for group in journal.groups(journal.first_sequence - 1):
        for number, record in numbered(group):
            if until and number > until:
                return
            yield number, record


class _Reading:
    """Collects stories and the market's references while a journal is read."""

    def __init__(self, first_ns: int, last_ns: int) -> None:
        self.first_ns = first_ns
        self.last_ns = last_ns
        self.stories: dict[str, OrderStory] = {}
        self.market: list[m.MarketRecorded] = []
        self._instruments: dict[str, Instrument] = {}
        self._owners: dict[str, str] = {}
        self._parents: dict[str, str] = {}

    def take(self, number: int, record: m.Record) -> None:
        """One record."""
        if isinstance(record, m.InstrumentListed | m.InstrumentRenamed):
            self._instruments[record.instrument.id] = record.instrument
        elif isinstance(record, m.MarketRecorded):
            # what came before the first decision may be what it was made on, and orders end late
            if self.first_ns - DAY_NS <= record.time_ns < self.last_ns + DAY_NS:
                self.market.append(record)
        elif isinstance(record, m.AlgorithmIntended):
            self._parents[record.order_id] = record.strategy
        elif isinstance(record, INTENTS):
            self._owners[record.order_id] = record.strategy
        elif isinstance(record, m.ChildSent):
            self._owners[record.order_id] = self._parents.get(record.parent, "")
        elif isinstance(record, m.OrderDenied):
            self._owners.pop(record.order_id, None)
        elif isinstance(record, m.SubmitOrder):
            self._submit(record)
        elif isinstance(record, m.OrdersLeft):
            self._leave(record)
        else:
            self._report(record)

    def _submit(self, command: m.SubmitOrder) -> None:
        strategy = self._owners.pop(command.order_id, "")
        instrument = self._instruments.get(command.instrument)
        if instrument is None or not self.first_ns <= command.time_ns < self.last_ns:
            return
        self.stories[command.order_id] = OrderStory(
            command.order_id,
            strategy,
            command.account,
            instrument,
            int(command.side),
            command.quantity,
            command.time_ns,
        )

    def _leave(self, record: m.OrdersLeft) -> None:
        """Journals that older versions wrote have no such record: times of leaving stay unknown."""
        for order_id, time_ns in record.left:
            story = self.stories.get(order_id)
            if story is not None:
                story.sent_ns = time_ns

    def _report(self, record: m.Record) -> None:
        story = self.stories.get(getattr(record, "order_id", ""))
        if story is None:
            return
        if isinstance(record, m.OrderAccepted):
            story.acked_ns = story.acked_ns or record.time_ns
        elif isinstance(record, m.OrderFilled):
            story.fills.append(
                FillOf(
                    record.time_ns, record.price, record.quantity, record.fee, record.fee_currency
                )
            )
            if sum(fill.quantity for fill in story.fills) >= story.quantity:
                story.ended_ns = record.time_ns
        elif isinstance(record, m.OrderAmended):
            story.quantity = record.quantity
        elif isinstance(record, m.OrderCanceled | m.OrderExpired | m.OrderRejected):
            story.ended_ns = record.time_ns
