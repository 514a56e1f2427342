"""Paper trading: the simulated venue behind the same port as a real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from tradewind.adapters.local.paper_account import PaperAccount, Terms
from tradewind.core.orders import Order
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Leg, OrderType, Side
from tradewind.model.venue_account import (
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenuePayment,
    VenuePosition,
)
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Connection, Deliver, Permissions, Refused, refuse_iceberg
from tradewind.sim.venue import SimulatedVenue

FINISHED_REMEMBERED_MAX = 10_000
"""Orders with their reports; beyond it the older half of the finished ones is forgotten."""


_TOLD_AGAIN = (m.OrderFilled, m.OrderCanceled, m.OrderExpired, m.OrderRejected)
"""Reports that a query repeats; the terms of a working order are told as they are now."""


class PaperTrading:
    """Fills orders by the market data it is shown; no money moves.

    `session` marks the fills of this process, so that their ids never repeat those of an
    earlier one. Give `adopt` the orders that worked before: they go to the back of the queue;
    give `open_account` what the account holds.
    """

    has_cancel_all = True
    has_positions = True
    sends_at_once: Literal[True] = True

    def __init__(
        self, venue: str, simulated: SimulatedVenue, *, clock: Clock, session: str
    ) -> None:
        self._venue = venue
        self._simulated = simulated
        self._clock = clock
        self._session = session
        self._account = PaperAccount()
        self._numbers: dict[str, int] = {}
        self._instruments: list[Instrument] = []
        self._terms: dict[str, Terms] = {}
        self._seen_ns = 0
        self._deliver: Deliver | None = None
        self._reports: dict[str, list[m.Report]] = {}

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return self._venue

    @property
    def silence_s(self) -> float:
        """Nothing is ever under way: the venue is in this process."""
        return 0.0

    @property
    def connection(self) -> Connection:
        """Up, always, and with our own clock."""
        return Connection(is_up=True, count=1, clock_offset_ns=0)

    def open_account(
        self, cash: Mapping[str, int], positions: Mapping[tuple[str, Leg], int]
    ) -> None:
        """Hold money (units by currency) and positions (signed, by instrument and leg)."""
        self._account.open(cash, positions)

    def list_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Know the instruments before orders or rows of them come."""
        for instrument in instruments:
            if instrument.id not in self._numbers:
                self._numbers[instrument.id] = len(self._numbers)
                self._instruments.append(instrument)
            self._instruments[self._numbers[instrument.id]] = instrument
            self._simulated.list_instrument(instrument)

    def adopt(self, orders: Sequence[Order], instrument_ids: Sequence[str]) -> None:
        """Work orders of an earlier process again; `instrument_ids` are the core's, by number."""
        for order in orders:
            number = self._numbers.get(instrument_ids[order.instrument])
            if number is None:
                continue
            self._reports[order.order_id] = [
                m.OrderAccepted(0, order.order_id, "sim:" + order.order_id)
            ]
            terms = (Side(order.side), Leg(order.leg), OrderType(order.order_type))
            self._terms[order.order_id] = Terms(self._instruments[number], *terms)
            self._simulated.adopt(
                max(order.intended_time_ns, 0),
                order.order_id,
                number,
                order.side,
                order.quantity,
                order.order_type,
                order.limit_price,
                order.stop_price,
                order.time_in_force,
                order.flags,
                order.expire_time_ns,
                order.filled_quantity,
            )

    async def start(self, deliver: Deliver) -> None:
        """Reports go to `deliver` from here on."""
        self._deliver = deliver

    async def submit(self, command: m.SubmitOrder) -> None:
        """Take an order; its reports follow at once or with the market."""
        if command.order_id in self._reports:
            raise Refused("Duplicate order sent.")
        refuse_iceberg(command)
        number = self._numbers.get(command.instrument)
        if number is None:
            raise Refused(f"{command.instrument} is not traded here.")
        self._reports[command.order_id] = []
        instrument = self._instruments[number]
        self._terms[command.order_id] = Terms(instrument, command.side, command.leg, command.type)
        self._simulated.submit(
            self._now_ns(),
            command.order_id,
            number,
            command.side,
            command.quantity,
            command.type,
            command.limit_price,
            command.stop_price,
            command.time_in_force,
            command.flags,
            command.expire_time_ns,
        )
        self._hand_over()

    async def cancel(self, command: m.CancelOrder) -> None:
        """Take a cancel."""
        self._simulated.cancel(self._now_ns(), command.order_id)
        self._hand_over()

    async def amend(self, command: m.AmendOrder) -> None:
        """Take an amendment."""
        self._simulated.amend(
            self._now_ns(),
            command.order_id,
            command.quantity,
            command.limit_price,
            command.number,
        )
        self._hand_over()

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        """The fills of an order, and its end or the terms it works with."""
        reports = self._reports.get(command.order_id)
        if reports is None:
            return None
        told: list[m.Report] = [one for one in reports if isinstance(one, _TOLD_AGAIN)]
        working = self._simulated.terms(command.order_id) or _filled_terms(reports)
        if working is not None:
            quantity, limit_price, coming = working
            amends = max(0, command.amends - coming)
            name = command.order_id
            told.append(m.OrderRestated(0, name, "sim:" + name, quantity, limit_price, amends))
        return told or list(reports)

    async def cancel_all(self, instrument: str) -> None:
        """Cancel all orders of an instrument."""
        number = self._numbers.get(instrument)
        for order in self._simulated.open_orders():
            if order.instrument == number:
                self._simulated.cancel(self._now_ns(), order.order_id)
        self._hand_over()

    async def open_orders(self) -> list[VenueOrder]:
        """The orders that work here."""
        return [
            VenueOrder(
                order.order_id,
                "sim:" + order.order_id,
                self._instruments[order.instrument].id,
                Side(order.side),
                self._terms[order.order_id].type,
                order.quantity,
                order.filled_quantity,
                order.limit_price,
                order.stop_price,
            )
            for order in self._simulated.open_orders()
        ]

    async def balances(self) -> list[VenueBalance]:
        """Money by currency."""
        return self._account.balances()

    async def positions(self) -> list[VenuePosition]:
        """Positions that are not flat."""
        return self._account.positions()

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions of this process."""
        return self._account.fills(instrument, since_ns)

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        """None: money moves with executions alone."""
        return []

    async def closed_instruments(self) -> dict[str, str]:
        """None: this venue never closes."""
        return {}

    async def permissions(self) -> Permissions:
        """Trade, and nothing to withdraw."""
        return Permissions(account="paper", can_trade=True, can_withdraw=False)

    async def close(self) -> None:
        """Forget whom to tell."""
        self._deliver = None

    def on_rows(self, columns: Columns) -> None:
        """Show the venue market rows, in the order they arrived."""
        number = self._numbers.get(columns.instrument.id)
        if number is None or columns.kind == "bars":
            return
        shown: dict[str, Callable[..., None]] = {
            "trades": self._simulated.on_trade,
            "quotes": self._simulated.on_quote,
            "depth": self._simulated.on_depth,
        }
        show = shown[columns.kind]
        rows = zip(*[array.tolist() for array in columns.required()], strict=True)
        for time_ns, *row in rows:
            self._seen_ns = max(self._seen_ns, time_ns)
            show(number, self._seen_ns, *row)
        self._hand_over()

    def advance(self) -> None:
        """Let what is due by the clock happen: expiries, orders under way."""
        self._simulated.advance(self._now_ns())
        self._hand_over()

    def _now_ns(self) -> int:
        self._seen_ns = max(self._seen_ns, self._clock.now_ns())
        return self._seen_ns

    def _hand_over(self) -> None:
        for report in self._simulated.take_reports():
            marked = self._marked(report)
            self._reports.setdefault(marked.order_id, []).append(marked)
            terms = self._terms.get(marked.order_id)
            if isinstance(marked, m.OrderFilled) and terms is not None:
                self._account.post(marked, terms.instrument, terms.side, terms.leg)
            if self._deliver is not None:
                self._deliver(marked)
        if len(self._reports) > FINISHED_REMEMBERED_MAX:
            self._forget_finished()

    def _forget_finished(self) -> None:
        """Forget the oldest finished orders; one that works is never forgotten."""
        working = {order.order_id for order in self._simulated.open_orders()}
        finished = [order_id for order_id in self._reports if order_id not in working]
        for order_id in finished[: len(finished) // 2]:
            del self._reports[order_id]
            self._terms.pop(order_id, None)

    def _marked(self, report: m.Report) -> m.Report:
        if not isinstance(report, m.OrderFilled):
            return report
        return msgspec.structs.replace(report, fill_id=f"{self._session}.{report.fill_id}")


def _filled_terms(reports: list[m.Report]) -> tuple[int, int, int] | None:
    """The terms of an order that a fill ended: a fill's id ends with what is filled in all."""
    if not reports or not isinstance(reports[-1], m.OrderFilled):
        return None
    return int(reports[-1].fill_id.rpartition(":")[2]), 0, 0
