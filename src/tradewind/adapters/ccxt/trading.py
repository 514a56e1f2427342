"""Trading at a spot venue through ccxt: orders sent once, what became of them asked for.

ccxt has no common way to hear of orders, so working orders are asked for every few seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeVar

from tradewind.adapters.ccxt.card import SILENCE_S, missing_to_trade
from tradewind.adapters.ccxt.exchange import Credentials, make_exchange, translated, venue_of
from tradewind.adapters.ccxt.instruments import instrument_of, symbol_of
from tradewind.adapters.ccxt.lookup import Lookup
from tradewind.adapters.ccxt.orders import (
    MILLISECOND_NS,
    money,
    new_order,
    reports_of,
    venue_fill,
    venue_order,
)
from tradewind.adapters.net.decimals import floor_units
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.venue_account import (
    VenueBalance,
    VenueFill,
    VenueOrder,
    VenuePayment,
    VenuePosition,
)
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Connection, Deliver, Permissions, Refused

POLL_S = 2.0
ORDERS_WATCHED_MAX = 1_000
TRADES_MAX = 500
"""Executions asked for at once."""
LOOK_BACK_MS = 60_000

ENDED = frozenset({"closed", "canceled", "expired", "rejected"})

T = TypeVar("T")


class CcxtTrading:
    """One account at one of ccxt's spot venues; `instruments` are ids like BTC/USD.KRAKEN."""

    has_cancel_all = False
    has_positions = False

    def __init__(
        self,
        exchange_id: str,
        instruments: Sequence[str],
        credentials: Credentials,
        *,
        clock: Clock,
        address: str = "",
        poll_s: float = POLL_S,
        id_prefix: str = "",
        silence_s: float = SILENCE_S,
    ) -> None:
        self._exchange = make_exchange(exchange_id, credentials=credentials, address=address)
        self._venue = venue_of(exchange_id)
        self._ids = list(instruments)
        self._clock = clock
        self._poll_s = poll_s
        self._id_prefix = id_prefix
        self._silence_s = silence_s
        self._lookup = Lookup(self._exchange, self._asked)
        self._sent_ms: dict[str, int] = {}
        self._instruments: dict[str, Instrument] = {}
        self._by_symbol: dict[str, Instrument] = {}
        self._deliver: Deliver | None = None
        self._task: asyncio.Task[None] | None = None
        self._working: dict[str, Instrument] = {}
        self._venue_ids: dict[str, str] = {}
        self._told: dict[str, set[m.Report]] = {}
        self._connection = Connection(is_up=False, count=0, reason="not started")

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return self._venue

    @property
    def silence_s(self) -> float:
        """How long after sending an order may still reach the venue."""
        return self._silence_s

    @property
    def connection(self) -> Connection:
        """Up while the last question was answered."""
        return self._connection

    async def start(self, deliver: Deliver) -> None:
        """Learn the markets; `UserError` where ccxt cannot trade this venue safely."""
        self._deliver = deliver
        missing = missing_to_trade(self._exchange.has)
        if missing:
            lacks = ", ".join(missing)
            raise UserError(f"{self._exchange.id} cannot be traded through ccxt: it lacks {lacks}")
        is_started = False
        try:
            markets = await self._asked(self._exchange.load_markets)
            mode = self._exchange.precisionMode
            for each in self._ids:
                market = markets.get(symbol_of(each, self._venue))
                if market is None:
                    raise UserError(f"{each} is not listed at {self._exchange.id}: check its name")
                self._instruments[each] = instrument_of(market, self._venue, mode)
            self._by_symbol = {each.symbol: each for each in self._instruments.values()}
            await self._asked(self._exchange.fetch_balance)
            is_started = True
        finally:
            if not is_started:
                await self.close()
        self._task = asyncio.create_task(self._poll())

    async def submit(self, command: m.SubmitOrder) -> None:
        """Send a new order, once."""
        instrument = self._instrument(command.instrument)
        new = new_order(command, instrument)
        # watched from before the sending: an order without an answer may work
        self._watch(command.order_id, instrument)
        self._sent_ms[command.order_id] = self._clock.now_ns() // MILLISECOND_NS - LOOK_BACK_MS
        try:
            order = await self._asked(lambda: self._exchange.create_order(*new))
        except Refused:
            self._working.pop(command.order_id, None)
            self._sent_ms.pop(command.order_id, None)
            raise
        self._venue_ids[command.order_id] = str(order["id"])
        self._tell_once(m.OrderAccepted(0, command.order_id, str(order["id"])))

    async def cancel(self, command: m.CancelOrder) -> None:
        """Ask for a cancel."""
        instrument = self._instrument(command.instrument)
        venue_id = self._venue_ids.get(command.order_id)
        if venue_id is None:
            order = await self._find(command.order_id, instrument)
            if order is None:
                raise Refused(f"{self._exchange.id} has no order {command.order_id}")
            venue_id = str(order["id"])
        await self._asked(lambda: self._exchange.cancel_order(venue_id, instrument.symbol))
        self._watch(command.order_id, instrument)

    async def amend(self, command: m.AmendOrder) -> None:
        """Refused: ccxt's own way cancels and places anew, which is not one step."""
        raise Refused("through ccxt orders are not amended: cancel and place another")

    async def query(self, command: m.QueryOrder) -> list[m.Report] | None:
        """The reports that bring an order up to what the venue knows; None where it has none."""
        instrument = self._instrument(command.instrument)
        order = await self._find(command.order_id, instrument)
        if order is None:
            return None
        self._watch(command.order_id, instrument)
        return await self._reports(command.order_id, order, instrument)

    async def cancel_all(self, instrument: str) -> None:
        """Cancel every order of an instrument, one by one."""
        one = self._instrument(instrument)
        for order in await self._asked(lambda: self._exchange.fetch_open_orders(one.symbol)):
            # one that ended meanwhile is what was wanted
            with suppress(Refused):
                await self._asked(
                    lambda order=order: self._exchange.cancel_order(order["id"], one.symbol)  # type: ignore[misc]
                )

    async def open_orders(self) -> list[VenueOrder]:
        """Orders that work in the instruments we were given."""
        found: list[VenueOrder] = []
        for one in self._instruments.values():
            orders = await self._asked(
                lambda one=one: self._exchange.fetch_open_orders(one.symbol)  # type: ignore[misc]
            )
            found += [venue_order(order, self._by_symbol.get(order["symbol"])) for order in orders]
        for each in found:
            if each.order_id and each.order_id.startswith(self._id_prefix) and each.instrument:
                self._watch(each.order_id, self._instruments[each.instrument])
        return found

    async def balances(self) -> list[VenueBalance]:
        """Every currency of which the account has something."""
        balance = await self._asked(self._exchange.fetch_balance)
        totals, free = balance.get("total") or {}, balance.get("free") or {}
        rows = [
            VenueBalance(name, money(total, name), money(free.get(name) or 0, name))
            for name, total in totals.items()
            if total is not None
        ]
        return [row for row in rows if row.total or row.free]

    async def positions(self) -> list[VenuePosition]:
        """None: spot venues keep balances."""
        return []

    async def fills(self, instrument: str, *, since_ns: int) -> list[VenueFill]:
        """Executions of an instrument, the oldest first."""
        one = self._instrument(instrument)
        order_ids = {venue_id: order_id for order_id, venue_id in self._venue_ids.items()}
        since_ms = since_ns // MILLISECOND_NS
        trades = await self._asked(
            lambda: self._exchange.fetch_my_trades(one.symbol, since_ms, TRADES_MAX)
        )
        if len(trades) >= TRADES_MAX:
            raise BadAnswer(f"{self._exchange.id} has more executions than one answer holds")
        fills = (venue_fill(t, one, order_ids.get(str(t.get("order")), "")) for t in trades)
        ours = (fill for fill in fills if fill.venue_time_ns >= since_ns)
        return sorted(ours, key=lambda fill: fill.venue_time_ns)

    async def payments(self, *, since_ns: int) -> list[VenuePayment]:
        """None: spot accounts have no funding, and ccxt has no word for what else there may be."""
        return []

    async def closed_instruments(self) -> dict[str, str]:
        """Markets that the venue lists as inactive."""
        markets = await self._asked(lambda: self._exchange.load_markets(reload=True))
        return {
            each.id: f"{self._exchange.id} does not trade it now"
            for each in self._instruments.values()
            if (markets.get(each.symbol) or {}).get("active") is False
        }

    async def permissions(self) -> Permissions:
        """That the key reads the balance; what else it may do, ccxt has no way to ask."""
        await self._asked(self._exchange.fetch_balance)
        return Permissions(self._exchange.id, can_trade=True, can_withdraw=None)

    async def close(self) -> None:
        """Let go of the connection; orders stay as they are."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._exchange.close()
        self._connection = Connection(is_up=False, count=self._connection.count, reason="closed")

    def _watch(self, order_id: str, instrument: Instrument) -> None:
        """Ask for an order from here on; beyond the bound the oldest is left to reconciliation."""
        self._working[order_id] = instrument
        while len(self._working) > ORDERS_WATCHED_MAX:
            oldest = next(iter(self._working))
            del self._working[oldest]
            self._sent_ms.pop(oldest, None)
            self._told.pop(oldest, None)

    def _instrument(self, instrument: str) -> Instrument:
        found = self._instruments.get(instrument)
        if found is None:
            raise Refused(f"{instrument} is not listed: name it when the venue is connected")
        return found

    async def _asked(self, call: Callable[[], Awaitable[T]]) -> T:
        """One call of ccxt, its error translated; nothing is repeated."""
        try:
            answer = await call()
        except UserError:
            raise
        except (TypeError, KeyError, ValueError, AttributeError, OSError) as error:
            # ccxt stumbled over an answer: what became of the call is unknown
            self._down(type(error).__name__)
            raise BadAnswer(f"{self._exchange.id}: {type(error).__name__} in ccxt") from None
        except _errors() as error:
            known = translated(error, self._exchange)
            if isinstance(known, OutsideError):
                self._down(str(known))
            raise known from None
        if not self._connection.is_up:
            self._connection = Connection(is_up=True, count=self._connection.count + 1)
        return answer

    def _down(self, reason: str) -> None:
        self._connection = Connection(is_up=False, count=self._connection.count, reason=reason)

    async def _find(self, order_id: str, instrument: Instrument) -> dict[str, Any] | None:
        """An order by our id: by the venue's id where we know it, else as `Lookup` can."""
        symbol, venue_id = instrument.symbol, self._venue_ids.get(order_id)
        found = None
        if venue_id is not None:
            found = await self._lookup.by_venue_id(venue_id, symbol)
        if found is None:
            sent_ms = self._sent_ms.get(order_id)
            found = await self._lookup.by_our_id(order_id, symbol, sent_ms=sent_ms)
        if found is not None:
            self._venue_ids[order_id] = str(found["id"])
        return found

    async def _reports(
        self, order_id: str, order: dict[str, Any], instrument: Instrument
    ) -> list[m.Report]:
        since_ms = int(order.get("timestamp") or 0) - LOOK_BACK_MS
        trades = []
        if order.get("filled") and float(order["filled"]):
            every = await self._asked(
                lambda: self._exchange.fetch_my_trades(
                    instrument.symbol, max(0, since_ms), TRADES_MAX
                )
            )
            trades = [trade for trade in every if str(trade.get("order")) == str(order["id"])]
        return reports_of(order_id, order, trades, instrument)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            for order_id, instrument in list(self._working.items()):
                # asked again after the next pause; reconciliation looks after the rest
                with suppress(OutsideError, Refused):
                    await self._refresh(order_id, instrument)

    async def _refresh(self, order_id: str, instrument: Instrument) -> None:
        """Tell what is new of an order; one that ended is asked for no more."""
        order = await self._find(order_id, instrument)
        if order is None:
            return
        for report in await self._reports(order_id, order, instrument):
            self._tell_once(report)
        told = self._told.get(order_id, ())
        filled = sum(fill.quantity for fill in told if isinstance(fill, m.OrderFilled))
        whole = floor_units(Decimal(str(order.get("filled") or 0)), instrument.quantity_digits)
        # executions may be listed later than the order ends
        if order.get("status") in ENDED and filled >= whole:
            self._working.pop(order_id, None)
            self._told.pop(order_id, None)
            self._sent_ms.pop(order_id, None)

    def _tell_once(self, report: m.Report) -> None:
        """Deliver what is new of an order; one that is watched no more may be told again."""
        told = self._told.setdefault(report.order_id, set())
        if report in told:
            return
        told.add(report)
        if report.order_id not in self._working:
            del self._told[report.order_id]
        if self._deliver is not None and report.order_id.startswith(self._id_prefix):
            self._deliver(report)


def _errors() -> type[Exception]:
    import ccxt

    base: type[Exception] = ccxt.BaseError
    return base
