"""Questions about an account at Binance: orders, balances, positions, executions, rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tradewind.adapters.binance.exchange_info import TRADING, ExchangeInfo
from tradewind.adapters.binance.limits import note_limits
from tradewind.adapters.binance.order_wire import (
    Allocation,
    FuturesAccount,
    FuturesBalance,
    FuturesPosition,
    KeyRights,
    OrderAnswer,
    OwnTrade,
    SpotAccount,
)
from tradewind.adapters.binance.refusals import BAD_SYMBOL, ORDER_DOES_NOT_EXIST, VenueRefused
from tradewind.adapters.binance.reports import fee_units, money_units, reports_of_query
from tradewind.adapters.binance.rest import Rest
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.query import Value
from tradewind.model import messages as m
from tradewind.model.errors import BadNumber
from tradewind.model.fixed_point import parse_fixed_point
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import divide_half_even
from tradewind.model.orders import Leg, Liquidity, OrderType, Side
from tradewind.model.venue_account import VenueBalance, VenueFill, VenueOrder, VenuePosition
from tradewind.ports.trading import Permissions

MILLISECOND_NS = 1_000_000
PAGE_ROWS = 1000
PRICE_DIGITS = 12
"""Digits of an average price."""
PAGES_MAX = 1000
"""Pages of one question; more executions than that in one go is not believed."""
KEY_RIGHTS_PATH = "/sapi/v1/account/apiRestrictions"
POSITIONS_PATH = "/fapi/v2/positionRisk"
ALLOCATIONS_PATH = "/api/v3/myAllocations"
ALLOCATIONS_WEIGHT = 20

ORDER_TYPES: dict[str, OrderType] = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "LIMIT_MAKER": OrderType.LIMIT,
    "STOP_LOSS": OrderType.STOP,
    "STOP_LOSS_LIMIT": OrderType.STOP_LIMIT,
    "STOP_MARKET": OrderType.STOP,
    "STOP": OrderType.STOP_LIMIT,
}
"""The venue's types that we have a word for."""

LEGS = {"BOTH": Leg.NET, "LONG": Leg.LONG, "SHORT": Leg.SHORT}


class AccountQuestions:
    """Asks and translates; holds nothing."""

    def __init__(self, rest: Rest, by_symbol: Mapping[str, Instrument]) -> None:
        self._rest = rest
        self._service = rest.service
        self._by_symbol = by_symbol

    async def order(self, instrument: Instrument, order_id: str) -> OrderAnswer | None:
        """One order by our id; None where the venue has none."""
        parameters = {"symbol": _symbol(instrument), "origClientOrderId": order_id}
        try:
            return await self._rest.ask_signed(
                self._service.path("order"), parameters, OrderAnswer, weight=self._weight("query")
            )
        except VenueRefused as error:
            if error.code == ORDER_DOES_NOT_EXIST:
                return None
            raise

    async def reports(
        self, instrument: Instrument, order_id: str, amends: int
    ) -> list[m.Report] | None:
        """All that the venue knows of an order; `BadAnswer` while its executions lag behind.

        `amends` is how many amendments had left when this was asked.
        """
        answer = await self.order(instrument, order_id)
        if answer is None:
            return None
        filled = _quantity(answer.executed_qty, instrument)
        trades = await self._executions(answer, instrument) if filled else []
        told = sum(_quantity(trade.qty, instrument) for trade in trades)
        if told != filled:
            raise BadAnswer(f"order {order_id}: {filled} filled, executions of {told} told")
        return reports_of_query(answer, trades, instrument, amends)

    async def _executions(
        self, answer: OrderAnswer, instrument: Instrument
    ) -> list[OwnTrade] | list[Allocation]:
        """The executions of one order: those of the smart router are listed apart."""
        place: dict[str, Value] = {"symbol": _symbol(instrument), "orderId": answer.order_id}
        if answer.used_sor:
            return await self._rest.ask_signed(
                ALLOCATIONS_PATH, place, list[Allocation], weight=ALLOCATIONS_WEIGHT
            )
        return await self._rest.ask_signed(
            self._service.own_trades,
            place,
            list[OwnTrade],
            weight=self._weight("ownTradesOfOrder"),
        )

    async def open_orders(self) -> list[VenueOrder]:
        """Every order that works in the account."""
        answers = await self._rest.ask_signed(
            self._service.path("openOrders"),
            {},
            list[OrderAnswer],
            weight=self._weight("openOrders"),
        )
        return [self._venue_order(answer) for answer in answers]

    async def balances(self) -> list[VenueBalance]:
        """Currencies of which there is something."""
        if self._service.kind == "usdm":
            rows = await self._rest.ask_signed(
                self._service.balances, {}, list[FuturesBalance], weight=self._weight("account")
            )
            found = [_balance(row.asset, row.balance, row.available_balance) for row in rows]
            return [balance for balance in found if balance.total]
        account = await self._rest.ask_signed(
            self._service.account, {}, SpotAccount, weight=self._weight("account")
        )
        return [
            VenueBalance(row.asset, free + locked, free)
            for row in account.balances
            for free, locked in [(_money(row.free, row.asset), _money(row.locked, row.asset))]
            if free + locked
        ]

    async def positions(self) -> list[VenuePosition]:
        """Positions that are not flat; none at spot."""
        if self._service.kind == "spot":
            return []
        rows = await self._rest.ask_signed(
            POSITIONS_PATH, {}, list[FuturesPosition], weight=self._weight("account")
        )
        return [self._position(row) for row in rows if row.position_amt.strip("-0.")]

    async def fills(self, instrument: Instrument, since_ns: int) -> list[VenueFill]:
        """Executions at or behind a time, page by page."""
        symbol = _symbol(instrument)
        place: dict[str, Value] = {"startTime": max(0, since_ns // MILLISECOND_NS)}
        found: list[OwnTrade] = []
        for _ in range(PAGES_MAX):
            page = await self._rest.ask_signed(
                self._service.own_trades,
                {"symbol": symbol, **place, "limit": PAGE_ROWS},
                list[OwnTrade],
                weight=self._weight("ownTrades"),
            )
            found += page
            if len(page) < PAGE_ROWS:
                break
            place = {"fromId": page[-1].id + 1}
        return [
            _fill(trade, instrument) for trade in found if trade.time * MILLISECOND_NS >= since_ns
        ]

    async def closed_instruments(self) -> dict[str, str]:
        """Ours that the venue does not trade now."""
        try:
            info = await self._listed(symbols_parameter(self._service.kind, list(self._by_symbol)))
        except VenueRefused as error:
            if error.code != BAD_SYMBOL:
                raise
            # one of ours is gone, and the venue tells nothing of the others: ask for all
            info = await self._listed({})
        note_limits(info.rate_limits, self._rest.budget)
        status = {each.symbol: each.status for each in info.symbols}
        return {
            instrument.id: status.get(symbol, "DELISTED")
            for symbol, instrument in self._by_symbol.items()
            if status.get(symbol) != TRADING
        }

    async def _listed(self, symbols: dict[str, Value]) -> ExchangeInfo:
        return await self._rest.ask(
            self._service.path("exchangeInfo"),
            symbols,
            ExchangeInfo,
            weight=self._weight("exchangeInfo"),
        )

    async def permissions(self) -> Permissions:
        """What the key may do; whether it may withdraw is None where it cannot be asked."""
        if self._service.kind == "usdm":
            futures = await self._rest.ask_signed(
                self._service.account, {}, FuturesAccount, weight=self._weight("account")
            )
            return Permissions(await self._alias(), futures.can_trade, await self._can_withdraw())
        account = await self._rest.ask_signed(
            self._service.account, {}, SpotAccount, weight=self._weight("account")
        )
        return Permissions(str(account.uid), account.can_trade, await self._can_withdraw())

    async def _alias(self) -> str:
        """What the venue calls a futures account, which has no number."""
        rows = await self._rest.ask_signed(
            self._service.balances, {}, list[FuturesBalance], weight=self._weight("account")
        )
        return rows[0].account_alias if rows else ""

    async def _can_withdraw(self) -> bool | None:
        """Whether this key may, not whether the account may; testnets have no such question."""
        try:
            rights = await self._rest.ask_signed(KEY_RIGHTS_PATH, {}, KeyRights, weight=1)
        except (VenueRefused, BadAnswer):
            return None
        return rights.enable_withdrawals

    def _venue_order(self, answer: OrderAnswer) -> VenueOrder:
        instrument = self._by_symbol.get(answer.symbol)
        side = Side[answer.side]
        kind = ORDER_TYPES.get(answer.type)
        venue_id = str(answer.order_id)
        if instrument is None:
            text = f"{answer.side} {answer.orig_qty} {answer.symbol} at {answer.price}"
            return VenueOrder(answer.client_order_id, venue_id, "", side, kind, 0, text=text)
        return VenueOrder(
            answer.client_order_id,
            venue_id,
            instrument.id,
            side,
            kind,
            _quantity(answer.orig_qty, instrument),
            _quantity(answer.executed_qty, instrument),
            parse_fixed_point(answer.price, instrument.price_digits),
            parse_fixed_point(answer.stop_price, instrument.price_digits),
        )

    def _position(self, row: FuturesPosition) -> VenuePosition:
        instrument = self._by_symbol.get(row.symbol)
        leg = LEGS.get(row.position_side, Leg.NET)
        if instrument is None:
            return VenuePosition("", 0, leg=leg, text=f"{row.position_amt} {row.symbol}")
        # an average has more digits than the tick; rounded to it
        scaled = money_units(row.entry_price, instrument.price_digits + 4)
        return VenuePosition(
            instrument.id,
            _quantity(row.position_amt, instrument),
            divide_half_even(scaled, 10**4),
            leg,
            cost=_cost(row, instrument),
        )

    def _weight(self, name: str) -> int:
        return self._service.weights[name]


def symbols_parameter(kind: str, symbols: Sequence[str]) -> dict[str, Value]:
    """Asks for some symbols only, where the venue lets one.

    >>> symbols_parameter("spot", ["BTCUSDT", "LTCBTC"])
    {'symbols': '["BTCUSDT","LTCBTC"]'}
    """
    if kind != "spot" or not symbols:
        return {}
    return {"symbols": msgspec.json.encode(list(symbols)).decode()}


def _fill(trade: OwnTrade, instrument: Instrument) -> VenueFill:
    is_buyer, is_maker = trade.is_buyer or trade.buyer, trade.is_maker or trade.maker
    return VenueFill(
        str(trade.id),
        "",
        str(trade.order_id),
        instrument.id,
        Side.BUY if is_buyer else Side.SELL,
        parse_fixed_point(trade.price, instrument.price_digits),
        _quantity(trade.qty, instrument),
        fee_units(trade.commission, trade.commission_asset),
        trade.commission_asset,
        Liquidity.MAKER if is_maker else Liquidity.TAKER,
        trade.time * MILLISECOND_NS,
    )


def _cost(row: FuturesPosition, instrument: Instrument) -> int:
    """What an open contract cost, in money units: its average price has more digits than the tick.

    >>> row = FuturesPosition("BTCUSDT", "-0.003", entry_price="60000.12345678")
    >>> _cost(row, Instrument("BTC/USDT.BINANCE-USDM", tick="0.10", lot="0.001"))
    -18000037037
    >>> row = FuturesPosition("BTCUSDT", "3.000", entry_price="60000.12345678")
    >>> _cost(row, Instrument("BTC/USDT.BINANCE-USDM", tick="0.10", lot="0.001"))
    18000037037034
    """
    quantity = _quantity(row.position_amt, instrument)
    price = money_units(row.entry_price, PRICE_DIGITS)
    digits = PRICE_DIGITS + instrument.quantity_digits - instrument.money_digits
    # in Python's integers: the product of a large position is beyond 64 bits
    quotient, rest = divmod(price * quantity, 10**digits)
    is_up = 2 * rest > 10**digits or (2 * rest == 10**digits and quotient % 2 == 1)
    return quotient + is_up


def _balance(asset: str, total: str, free: str) -> VenueBalance:
    return VenueBalance(asset, _money(total, asset), _money(free, asset))


def _money(text: str, asset: str) -> int:
    try:
        return money_units(text, currency_digits(asset))
    except BadNumber as error:
        raise BadAnswer(f"the balance of {asset}: {error}") from None


def _quantity(text: str, instrument: Instrument) -> int:
    try:
        return parse_fixed_point(text, instrument.quantity_digits)
    except BadNumber as error:
        raise BadAnswer(f"a quantity of {instrument.id}: {error}") from None


def _symbol(instrument: Instrument) -> str:
    return instrument.base + instrument.currency
