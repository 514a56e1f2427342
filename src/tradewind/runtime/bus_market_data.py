"""Market data from a bus: what another process takes from the venue, as if it came from there."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from tradewind.model.columns import DEPTH_GAP, DEPTH_LAST, REQUIRED, Columns
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.bus import Missed, Subscriber
from tradewind.ports.market_data import TakeRows

LOG = logging.getLogger("tradewind.bus")


class BusMarketData:
    """The instruments asked for out of a stream; where batches are missing, books are cleared."""

    def __init__(self, subscriber: Subscriber, instrument_ids: Sequence[str], venue: str) -> None:
        self.missed_count = 0
        self._subscriber = subscriber
        self._wanted = list(instrument_ids)
        self._venue = venue
        self._with_depth: dict[str, Columns] = {}

    @property
    def venue(self) -> str:
        """The venue whose market data it is."""
        return self._venue

    @property
    def instruments(self) -> list[Instrument]:
        """Those that were asked for, in that order."""
        known = {each.id: each for each in self._subscriber.instruments}
        return [known[name] for name in self._wanted]

    @property
    def complaint(self) -> str:
        """What is wrong with the bus, "" where nothing is."""
        return self._subscriber.complaint

    async def start(self) -> None:
        """Wait for the publisher; `UserError` where it has not what was asked for."""
        await self._subscriber.start()
        known = [each.id for each in self._subscriber.instruments]
        missing = [name for name in self._wanted if name not in known]
        if missing:
            raise UserError(
                f"the bus has no {', '.join(missing)}, only {', '.join(known) or 'nothing'}: give "
                "all roles the same venue, strategies and instruments"
            )

    async def run(self, take: TakeRows) -> None:
        """Deliver rows until cancelled."""
        wanted = frozenset(self._wanted)

        def taken(columns: Columns) -> None:
            if columns.instrument.id not in wanted:
                return
            if columns.kind == "depth":
                self._with_depth[columns.instrument.id] = columns.cut(len(columns) - 1)
            take(columns)

        await self._subscriber.run(taken, lambda missed: self._miss(missed, take))

    async def close(self) -> None:
        """Let go of the bus."""
        await self._subscriber.close()

    def _miss(self, missed: Missed, take: TakeRows) -> None:
        """Say what is lost; a book that may lack updates is worth nothing until a snapshot."""
        count = missed.last - missed.first + 1 if missed.last else 0
        self.missed_count += max(1, count)
        LOG.warning("bus_missed first=%d last=%d why=%r", missed.first, missed.last, missed.why)
        for last in self._with_depth.values():
            take(_gap_behind(last))
        self._with_depth.clear()


def _gap_behind(last: Columns) -> Columns:
    """The row that says that depth was lost, at the time of the last one that came."""
    row = dict.fromkeys(REQUIRED["depth"], 0)
    row |= {"time_ns": int(last.time_ns[-1]), "side": 1, "flags": DEPTH_GAP | DEPTH_LAST}
    arrays = {name: np.array([value], np.int64) for name, value in row.items()}
    return Columns("depth", last.instrument, arrays)
