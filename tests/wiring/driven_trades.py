"""Market orders that are asked for at their times, and what the journal says became of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderType, Side
from tradewind.ports.journal import numbered
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import PlaceRequest
from tradewind.wiring.journals import JournalPlace

THREADS = 8
WAIT_S = 60.0
LIMITS = {"orders_per_second": 1_000_000, "open_orders": 1_000_000}
"""Wide enough for them."""


@dataclass(frozen=True)
class Offer:
    """What is asked for: so many orders at a pace, of one size in units of the instrument."""

    instrument: str
    per_minute: int
    trades: int
    quantity: int


class Driver:
    """Asks for orders at their times, whatever became of those before."""

    def __init__(self, home: Path, place: JournalPlace, offer: Offer) -> None:
        self.refused = 0
        self._home, self._offer = home, offer
        with closing(place.read()) as journal:
            self._journal_id = journal.journal_id
        self._begun_s = 0.0

    def drive(self) -> None:
        """All of them."""
        self._begun_s = time.perf_counter()
        threads = [threading.Thread(target=self._some, args=(at,)) for at in range(THREADS)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def _some(self, first: int) -> None:
        offer = self._offer
        for number in range(first, offer.trades, THREADS):
            due_s = self._begun_s + number * 60 / offer.per_minute
            time.sleep(max(0.0, due_s - time.perf_counter()))
            # each thread by turns: one that is late leaves no position that grows to a limit
            side = Side.BUY if number // THREADS % 2 else Side.SELL
            name = order_id(self._journal_id, "person", number + 1)
            wanted = m.OrderIntended(
                0, name, "person", offer.instrument, side, offer.quantity, OrderType.MARKET, 0
            )
            try:
                ask(self._home, PlaceRequest(wanted), deadline_s=WAIT_S)
            except TradewindError:
                self.refused += 1


def finished(records: Iterable[m.Record]) -> set[str]:
    """Orders that filled whole; one that walks several prices has a fill of each.

    An execution that is told twice, by a stream and by the answer to a question, counts once.
    """
    leaves: dict[str, int] = {}
    told: set[tuple[str, str]] = set()
    for record in records:
        if isinstance(record, m.OrderIntended):
            assert record.order_id not in leaves, "an order is there twice"
            leaves[record.order_id] = record.quantity
        elif isinstance(record, m.OrderFilled) and (record.order_id, record.fill_id) not in told:
            told.add((record.order_id, record.fill_id))
            leaves[record.order_id] -= record.quantity
    return {name for name, rest in leaves.items() if rest == 0}


def journaled(place: JournalPlace) -> Iterator[m.Record]:
    """All records, one after the other."""
    with closing(place.read()) as journal:
        for group in journal.groups():
            yield from (record for _, record in numbered(group))
