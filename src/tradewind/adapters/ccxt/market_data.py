"""Market data of a spot venue through ccxt: trades and best quotes, streamed or polled."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tradewind.adapters.ccxt.exchange import make_exchange, translated, venue_of
from tradewind.adapters.ccxt.instruments import instrument_of, symbol_of
from tradewind.adapters.net.decimals import price_units, size_units
from tradewind.adapters.net.row_columns import RowColumns
from tradewind.model.errors import BadNumber, OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import TakeRows
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Refused

POLL_S = 1.0
AGAIN_S = 2.0
"""Behind a failure; ccxt reconnects with the next question."""
SEEN_MAX = 5_000
"""Ids of trades remembered, so that a polled one is not told twice."""
LEVELS = 5
SIDES = {"buy": 1, "sell": -1}
MILLISECOND_NS = 1_000_000


class CcxtMarketData:
    """Streams where ccxt.pro has them for the venue, else polls."""

    def __init__(
        self,
        exchange_id: str,
        instruments: Sequence[str],
        *,
        clock: Clock,
        address: str = "",
        poll_s: float = POLL_S,
    ) -> None:
        self._exchange = make_exchange(exchange_id, address=address)
        self._venue = venue_of(exchange_id)
        self._ids = list(instruments)
        self._clock = clock
        self._poll_s = poll_s
        self._instruments: list[Instrument] = []
        self.failures = 0
        self.bad_rows = 0

    @property
    def venue(self) -> str:
        """The venue's name in instrument ids."""
        return self._venue

    @property
    def instruments(self) -> list[Instrument]:
        """What it delivers; known behind `start`."""
        return self._instruments

    async def start(self) -> None:
        """Learn the instruments; `UserError` for one that the venue has not."""
        is_started = False
        try:
            await self._learn()
            is_started = True
        finally:
            if not is_started:
                await self._exchange.close()

    async def _learn(self) -> None:
        markets = await self._asked(self._exchange.load_markets())
        for each in self._ids:
            market = markets.get(symbol_of(each, self._venue))
            if market is None:
                raise UserError(f"{each} is not listed at {self._exchange.id}: check its name")
            made = instrument_of(market, self._venue, self._exchange.precisionMode)
            self._instruments.append(made)

    async def run(self, take: TakeRows) -> None:
        """Deliver rows until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for instrument in self._instruments:
                    group.create_task(self._trades(instrument, take))
                    group.create_task(self._quotes(instrument, take))
        finally:
            await self._exchange.close()

    async def _trades(self, instrument: Instrument, take: TakeRows) -> None:
        seen: deque[str] = deque(maxlen=SEEN_MAX)
        watches = self._exchange.has.get("watchTrades") is True
        is_first = True
        while True:
            ask = self._exchange.watch_trades if watches else self._exchange.fetch_trades
            found = await self._tried(ask(instrument.symbol))
            fresh = [trade for trade in found or () if str(trade["id"]) not in seen]
            seen.extend(str(trade["id"]) for trade in fresh)
            if fresh and (watches or not is_first):
                self._hand_over("trades", instrument, map(self._trade, fresh), take)
            is_first = is_first and not found
            if not watches:
                await asyncio.sleep(self._poll_s)

    async def _quotes(self, instrument: Instrument, take: TakeRows) -> None:
        watches = self._exchange.has.get("watchOrderBook") is True
        before: Any = None
        while True:
            ask = self._exchange.watch_order_book if watches else self._exchange.fetch_order_book
            book = await self._tried(ask(instrument.symbol, LEVELS))
            if book is not None:
                best = [side[0][:2] if side else (0, 0) for side in (book["bids"], book["asks"])]
                if best != before:
                    before = best
                    row = (book.get("timestamp"), *best[0], *best[1])
                    self._hand_over("quotes", instrument, [row], take)
            if not watches:
                await asyncio.sleep(self._poll_s)

    def _trade(self, trade: dict[str, Any]) -> tuple[Any, ...]:
        side = SIDES.get(trade.get("side") or "", 0)
        return (trade.get("timestamp"), trade["price"], trade["amount"], side)

    def _hand_over(self, kind: Any, instrument: Instrument, given: Any, take: TakeRows) -> None:
        rows, now_ns = RowColumns(kind, instrument), self._clock.now_ns()
        make = _trade_row if kind == "trades" else _quote_row
        for each in given:
            try:
                rows.add((now_ns, int(each[0] or 0) * MILLISECOND_NS, *make(each[1:], instrument)))
            except BadNumber:
                self.bad_rows += 1
        if len(rows):
            take(rows.take())

    async def _tried(self, call: Any) -> Any:
        """An answer, or None and a pause where there was none."""
        try:
            return await self._asked(call)
        except (OutsideError, Refused):
            self.failures += 1
            await asyncio.sleep(AGAIN_S)
            return None

    async def _asked(self, call: Any) -> Any:
        import ccxt

        try:
            return await call
        except ccxt.BaseError as error:
            raise translated(error, self._exchange) from None


def _trade_row(given: Any, instrument: Instrument) -> tuple[int, ...]:
    price, size, side = given
    return (*_level(price, size, instrument), side)


def _quote_row(given: Any, instrument: Instrument) -> tuple[int, ...]:
    bid, bid_size, ask, ask_size = given
    row = (*_level(bid, bid_size, instrument), *_level(ask, ask_size, instrument))
    if row[0] > row[2] > 0:
        raise BadNumber("a bid above an ask")
    return row


def _level(price: Any, size: Any, instrument: Instrument) -> tuple[int, int]:
    """Price and size in units; an absent side is two zeros. Books hold floats, made by ccxt."""
    exact = Decimal(str(price))
    if not exact:
        return 0, 0
    units = price_units(exact, instrument.price_digits)
    return units, size_units(Decimal(str(size)), instrument.quantity_digits)
