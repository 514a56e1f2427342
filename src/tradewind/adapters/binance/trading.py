"""Trading at Binance, spot and USD-M: orders over REST, reports from answers and the stream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from msgspec import structs

from tradewind.adapters.binance.account import AccountQuestions
from tradewind.adapters.binance.amendments import Amendments
from tradewind.adapters.binance.countdown import countdowns_per_minute_max, set_countdown
from tradewind.adapters.binance.hosts import SERVICES, Hosts, MarketKind
from tradewind.adapters.binance.income import Income
from tradewind.adapters.binance.order_parameters import Parameters, submit_parameters
from tradewind.adapters.binance.order_wire import (
    AmendAnswer,
    ExecutionReport,
    FuturesOrder,
    OfList,
    OrderAnswer,
)
from tradewind.adapters.binance.refusals import CANCEL_REJECTED, VenueRefused
from tradewind.adapters.binance.reports import (
    Told,
    amended_of,
    instruments_by_symbol,
    reports_of_answer,
    reports_of_event,
)
from tradewind.adapters.binance.rest import RECV_WINDOW_MS, Keys, Rest, decoded, silence_s
from tradewind.adapters.binance.user_stream import UserStream
from tradewind.adapters.net.backoff import Chance
from tradewind.adapters.net.breaker import BreakerSnapshot
from tradewind.adapters.net.budget import Urgency, WindowState
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.session import Session
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.fixed_point import parse_fixed_point
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import format_plain
from tradewind.model.venue_account import (
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenuePayment,
    VenuePosition,
)
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Connection, Deliver, Permissions, Refused

START_DEADLINE_S = 20.0


class BinanceTrading:
    """One account at one of Binance's markets; give it the instruments as the venue lists them.

    Only reports of orders whose id begins with `id_prefix` are delivered: others in the account
    are not ours. Nothing that changes orders is sent twice.
    """

    has_cancel_all = True
    sends_at_once: Literal[True] = True

    def __init__(
        self,
        kind: MarketKind,
        hosts: Hosts,
        keys: Keys,
        instruments: Sequence[Instrument],
        *,
        clock: Clock,
        chance: Chance,
        id_prefix: str = "",
        recv_window_ms: int = RECV_WINDOW_MS,
    ) -> None:
        self.service = SERVICES[kind]
        self._hosts, self._keys = hosts, keys
        self._clock, self._chance = clock, chance
        self._id_prefix = id_prefix
        self._recv_window_ms = recv_window_ms
        self._instruments = {each.id: each for each in instruments}
        self._by_symbol = instruments_by_symbol(instruments)
        self._told = Told()
        self._amendments = Amendments(0.0)
        self._deliver: Deliver | None = None
        self._session: Session | None = None
        self._rest_made: Rest | None = None
        self._stream: UserStream | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def venue(self) -> str:
        """BINANCE or BINANCE-USDM."""
        return self.service.venue

    @property
    def has_positions(self) -> bool:
        """Spot keeps balances only."""
        return self.service.kind == "usdm"

    @property
    def silence_s(self) -> float:
        """The receive window, what a fast clock adds to it, and what we may be wrong about it."""
        made = self._rest_made
        return made.silence_s if made else silence_s(self._recv_window_ms)

    @property
    def countdowns_per_minute_max(self) -> int:
        """What half of the weight of a minute allows (USD-M); spot has no countdown."""
        return countdowns_per_minute_max(self.service)

    @property
    def connection(self) -> Connection:
        """Up while the user stream is subscribed."""
        if self._stream is None:
            return Connection(is_up=False, count=0, reason="not started")
        offset = self._rest.clock_offset
        return Connection(
            is_up=self._stream.is_up,
            count=self._stream.count,
            reason=self._stream.reason,
            circuit=self._rest.breaker().state,
            clock_offset_ns=offset.offset_ns if offset.is_known else None,
        )

    @property
    def rest(self) -> Rest:
        """The way to the venue, for what the port has no word for (`SpotExtras`)."""
        return self._rest

    def breakers(self) -> list[BreakerSnapshot]:
        """Circuit breakers, for health pages."""
        return [self._rest.breaker()]

    def windows(self) -> list[WindowState]:
        """Rate windows, for health pages."""
        return self._rest.windows()

    async def start(self, deliver: Deliver) -> None:
        """Learn the venue's time and subscribe the user stream; reports go to `deliver`.

        Raises `Refused` where the venue does not take the key, `OutsideError` where nobody is
        there within 20 s.
        """
        self._deliver = deliver
        self._amendments = Amendments(asyncio.get_running_loop().time())
        session = self._session = Session()
        self._rest_made = Rest(
            self.service,
            self._hosts,
            session,
            clock=self._clock,
            chance=self._chance,
            keys=self._keys,
            recv_window_ms=self._recv_window_ms,
        )
        is_started = False
        try:
            await self._rest.learn_time()
            await self._start_stream(session)
            is_started = True
        finally:
            if not is_started:
                await self.close()

    async def _start_stream(self, session: Session) -> None:
        stream = self._stream = UserStream(
            self._rest,
            self._hosts,
            session,
            self._take_event,
            clock=self._clock,
            chance=self._chance,
        )
        self._tasks = [asyncio.create_task(stream.run()), asyncio.create_task(self._keep_time())]
        try:
            async with asyncio.timeout(START_DEADLINE_S):
                while not stream.is_up and stream.refusal is None:
                    stream.changed.clear()
                    await stream.changed.wait()
        except TimeoutError:
            raise OutsideError(
                f"{self.venue}: no user stream within {START_DEADLINE_S:g} s ({stream.reason})",
                fault="theirs",
                retry=True,
            ) from None
        if stream.refusal is not None:
            raise stream.refusal

    async def submit(self, command: m.SubmitOrder) -> None:
        """Send a new order, once; what the answer tells is delivered before this returns."""
        instrument = self._instrument(command.instrument)
        symbol = instrument.base + instrument.currency
        parameters = submit_parameters(command, instrument, symbol, self.service.kind)
        body = await self._rest.act(
            "POST", self.service.path("order"), parameters, weight=self._weight("order"), orders=1
        )
        answer = decoded(body, OrderAnswer)
        self._tell(reports_of_answer(answer, instrument))

    async def cancel(self, command: m.CancelOrder) -> None:
        """Cancel one order; of an order list all orders go."""
        instrument = self._instrument(command.instrument)
        body = await self._rest.act(
            "DELETE",
            self.service.path("order"),
            self._named(instrument, command.order_id),
            weight=self._weight("order"),
            urgency=Urgency.CANCEL,
        )
        for one in decoded(body, OfList).order_reports or [decoded(body, OrderAnswer)]:
            if (one.orig_client_order_id or one.client_order_id).startswith(self._id_prefix):
                self._tell(reports_of_answer(one, instrument))

    async def cancel_all(self, instrument: str) -> None:
        """Cancel every order of an instrument with one call."""
        listed = self._instrument(instrument)
        try:
            await self._rest.act(
                "DELETE",
                self.service.cancel_all,
                {"symbol": listed.base + listed.currency},
                weight=self._weight("order"),
                urgency=Urgency.CANCEL,
            )
        except VenueRefused as error:
            if error.code != CANCEL_REJECTED:
                raise  # anything but "there is nothing to cancel"

    async def count_down(self, instrument: str, *, milliseconds: int) -> None:
        """Have the orders of an instrument canceled later unless called again (USD-M)."""
        listed = self._instrument(instrument)
        await set_countdown(self._rest, listed.base + listed.currency, milliseconds)

    async def amend(self, command: m.AmendOrder) -> None:
        """Change quantity (spot: lower it, its place in the queue is kept) or price (USD-M)."""
        instrument = self._instrument(command.instrument)
        now = await self._questions().order(instrument, command.order_id)
        if now is None:
            raise Refused("Order does not exist.")
        price = now.price
        if command.limit_price:
            price = format_plain(command.limit_price, instrument.price_digits)
        units = parse_fixed_point(price, instrument.price_digits)
        if self.service.kind == "spot" and units != parse_fixed_point(
            now.price, instrument.price_digits
        ):
            raise Refused(
                f"Binance spot does not change prices (to {price}): cancel the order and place "
                "another"
            )
        command = structs.replace(command, limit_price=units)
        name, number = command.order_id, command.number
        self._amendments.sent(command)
        try:
            terms = await self._amended(command, instrument, now.side)
            self._amendments.answered(name, number)
        except Refused:
            self._amendments.answered(name, number)
            raise
        finally:
            self._amendments.lost(name, number, now_s=asyncio.get_running_loop().time())
        self._tell([amended_of(name, *terms, instrument, number=number)])

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        """All that the venue knows of an order; None where it has none.

        `BadAnswer` while an amendment may still take effect behind the answer.
        """
        asked_s = asyncio.get_running_loop().time()
        reports = await self._questions().reports(
            self._instrument(command.instrument), command.order_id, command.amends
        )
        may_come = self._amendments.may_come(
            command.order_id, asked=command.amends, silence_s=self.silence_s, now_s=asked_s
        )
        if may_come and reports and isinstance(reports[-1], m.OrderRestated):
            raise BadAnswer(f"order {command.order_id}: an amendment may still take effect")
        self._told.only_new(reports or [])
        return reports

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in this account."""
        return await self._questions().open_orders()

    async def balances(self) -> list[VenueBalance]:
        """Every currency of which the account has something."""
        return await self._questions().balances()

    async def positions(self) -> list[VenuePosition]:
        """Every position that is not flat (USD-M)."""
        return await self._questions().positions()

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions at or behind a time of the venue's clock, the oldest first."""
        return await self._questions().fills(self._instrument(instrument), since_ns)

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        """Funding, rebates and the like (USD-M); spot tells of none."""
        return await Income(self._rest, self._by_symbol).payments(since_ns)

    async def closed_instruments(self) -> dict[str, str]:
        """Instruments that the venue does not trade now, with its word for that."""
        return await self._questions().closed_instruments()

    async def permissions(self) -> Permissions:
        """What the key may do."""
        return await self._questions().permissions()

    async def close(self) -> None:
        """Let go of the connections; orders stay as they are."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _amended(
        self, command: m.AmendOrder, instrument: Instrument, side: str
    ) -> tuple[str, str]:
        """Send an amendment, once; quantity and price as the venue works them then."""
        named = self._named(instrument, command.order_id)
        quantity = format_plain(command.quantity, instrument.quantity_digits)
        weight = self._weight("amend")
        if self.service.kind == "spot":
            parameters = {**named, "newClientOrderId": command.order_id, "newQty": quantity}
            path = self.service.path("order/amend/keepPriority")
            order = decoded(
                await self._rest.act("PUT", path, parameters, weight=weight), AmendAnswer
            ).amended_order
            return order.qty, order.price
        price = format_plain(command.limit_price, instrument.price_digits)
        parameters = {**named, "side": side, "quantity": quantity, "price": price}
        path = self.service.path("order")
        body = await self._rest.act("PUT", path, parameters, weight=weight, orders=1)
        answer = decoded(body, OrderAnswer)
        return answer.orig_qty, answer.price

    @property
    def _rest(self) -> Rest:
        assert self._rest_made is not None, "start comes first"
        return self._rest_made

    def _questions(self) -> AccountQuestions:
        return AccountQuestions(self._rest, self._by_symbol)

    def _instrument(self, instrument_id: str) -> Instrument:
        found = self._instruments.get(instrument_id)
        if found is None:
            raise Refused(f"{instrument_id} is not traded here.")
        return found

    def _named(self, instrument: Instrument, order_id: str) -> Parameters:
        return {
            "symbol": instrument.base + instrument.currency,
            "origClientOrderId": order_id,
        }

    def _weight(self, name: str) -> int:
        return self.service.weights[name]

    def _tell(self, reports: list[m.Report]) -> None:
        """Deliver what was not delivered before."""
        if self._deliver is not None:
            for report in self._told.only_new(reports):
                self._deliver(report)

    def _take_event(self, event: ExecutionReport | FuturesOrder) -> None:
        instrument = self._by_symbol.get(event.symbol)
        if instrument is None or not event.order_id.startswith(self._id_prefix):
            return
        reports = reports_of_event(event, instrument)
        self._tell([told for each in reports if (told := self._numbered(each, event.time))])

    def _numbered(self, report: m.Report, time: int) -> m.Report | None:
        """A report of new terms with the number of the amendment it answers; others as they are."""
        if isinstance(report, m.OrderAmended):
            return self._amendments.heard(report, time=time)
        return report

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self._rest.keep_time()
