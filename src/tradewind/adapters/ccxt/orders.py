"""Orders: our commands in ccxt's words, and its orders and trades as reports. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from tradewind.adapters.net.decimals import floor_units, nearest_units, price_units
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument, currency_digits
from tradewind.model.numbers import format_plain, money_of
from tradewind.model.orders import (
    Leg,
    Liquidity,
    OrderFlag,
    OrderType,
    Side,
    TimeInForce,
)
from tradewind.model.venue_account import VenueFill, VenueOrder
from tradewind.ports.trading import Refused, refuse_iceberg

MILLISECOND_NS = 1_000_000
SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
SIDE_OF = {text: side for side, text in SIDES.items()}
TYPES = {OrderType.MARKET: "market", OrderType.LIMIT: "limit"}
TYPE_OF = {text: type_ for type_, text in TYPES.items()}
TIMES_IN_FORCE = {TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}


class NewOrder(NamedTuple):
    """The arguments of `create_order`; numbers are text."""

    symbol: str
    type: str
    side: str
    amount: str
    price: str | None
    params: dict[str, Any]


def new_order(command: m.SubmitOrder, instrument: Instrument) -> NewOrder:
    """The order that a command is; `Refused` for what ccxt has no one word for.

    >>> btc = Instrument("BTC/USDT.KRAKEN", tick="0.01", lot="0.0001")
    >>> command = m.SubmitOrder(0, "j0-a-1", "a", "KRAKEN", btc.id, Side.BUY, 15_000,
    ...     OrderType.LIMIT, 6_000_050, 0, TimeInForce.IOC, OrderFlag.NONE, 0, Leg.NET)
    >>> new_order(command, btc)[3:]
    ('1.5', '60000.5', {'clientOrderId': 'j0-a-1', 'timeInForce': 'IOC'})
    """
    refuse_iceberg(command)
    if command.type not in TYPES:
        raise Refused(f"through ccxt there are market and limit orders, no {command.type.name}")
    if command.time_in_force not in TIMES_IN_FORCE:
        raise Refused(f"through ccxt there is no time in force {command.time_in_force.name}")
    if command.flags & OrderFlag.REDUCE_ONLY or command.leg is not Leg.NET:
        raise Refused("spot venues have no REDUCE_ONLY orders and no hedging")
    is_limit = command.type is OrderType.LIMIT
    params: dict[str, Any] = {"clientOrderId": command.order_id}
    if is_limit:
        params["timeInForce"] = TIMES_IN_FORCE[command.time_in_force]
    if command.flags & OrderFlag.POST_ONLY:
        params["postOnly"] = True
    return NewOrder(
        instrument.symbol,
        TYPES[command.type],
        SIDES[command.side],
        format_plain(command.quantity, instrument.quantity_digits),
        format_plain(command.limit_price, instrument.price_digits) if is_limit else None,
        params,
    )


def reports_of(
    order_id: str,
    order: Mapping[str, Any],
    trades: Iterable[Mapping[str, Any]],
    instrument: Instrument,
) -> list[m.Report]:
    """All reports that bring an order up to what the venue knows."""
    status = order.get("status")
    if status == "rejected":
        return [m.OrderRejected(0, order_id, "the venue rejected the order")]
    reports: list[m.Report] = [m.OrderAccepted(0, order_id, str(order["id"]))]
    reports += [fill_report(order_id, trade, instrument) for trade in trades]
    filled = floor_units(_decimal(order.get("filled") or 0), instrument.quantity_digits)
    if status == "canceled":
        reports.append(m.OrderCanceled(0, order_id, "", filled))
    elif status == "expired":
        reports.append(m.OrderExpired(0, order_id, "its time in force is over", filled))
    return reports


def fill_report(order_id: str, trade: Mapping[str, Any], instrument: Instrument) -> m.OrderFilled:
    """An execution as a report."""
    fee, fee_currency = fee_of(trade, instrument)
    return m.OrderFilled(
        0,
        order_id,
        str(trade["id"]),
        price_units(_decimal(trade["price"]), instrument.price_digits),
        floor_units(_decimal(trade["amount"]), instrument.quantity_digits),
        fee,
        fee_currency,
        liquidity_of(trade),
    )


def fee_of(trade: Mapping[str, Any], instrument: Instrument) -> tuple[int, str]:
    """The fee in money units of its currency; what is finer is rounded to the nearest unit."""
    fee = trade.get("fee") or {}
    cost, currency = fee.get("cost"), fee.get("currency") or instrument.currency
    if cost is None:
        return 0, currency
    digits = currency_digits(currency)
    return nearest_units(_decimal(cost), digits), currency


def liquidity_of(trade: Mapping[str, Any]) -> Liquidity:
    """Who took; a venue that does not tell is taken for us."""
    return Liquidity.MAKER if trade.get("takerOrMaker") == "maker" else Liquidity.TAKER


def venue_order(order: Mapping[str, Any], instrument: Instrument | None) -> VenueOrder:
    """An open order as reconciliation wants it."""
    order_id, venue_id = str(order.get("clientOrderId") or ""), str(order["id"])
    side = SIDE_OF[order["side"]]
    if instrument is None:
        text = f"{order['side']} {order['amount']} {order['symbol']} {order['type']}"
        return VenueOrder(order_id, venue_id, "", side, None, 0, text=text)
    return VenueOrder(
        order_id,
        venue_id,
        instrument.id,
        side,
        TYPE_OF.get(str(order["type"])),
        floor_units(_decimal(order["amount"]), instrument.quantity_digits),
        floor_units(_decimal(order.get("filled") or 0), instrument.quantity_digits),
        nearest_units(_decimal(order.get("price") or 0), instrument.price_digits),
    )


def venue_fill(trade: Mapping[str, Any], instrument: Instrument, order_id: str) -> VenueFill:
    """An execution as reconciliation wants it."""
    fee, fee_currency = fee_of(trade, instrument)
    return VenueFill(
        str(trade["id"]),
        order_id,
        str(trade.get("order") or ""),
        instrument.id,
        SIDE_OF[trade["side"]],
        price_units(_decimal(trade["price"]), instrument.price_digits),
        floor_units(_decimal(trade["amount"]), instrument.quantity_digits),
        fee,
        fee_currency,
        liquidity_of(trade),
        int(trade["timestamp"]) * MILLISECOND_NS,
    )


def money(value: object, currency: str) -> int:
    """An amount of money in units, what is finer cut off.

    >>> money("1.123456789", "BTC")
    112345678
    """
    digits = currency_digits(currency)
    return money_of(_decimal(value).scaleb(digits).to_integral_value("ROUND_FLOOR"), 0)


def _decimal(value: object) -> Decimal:
    return Decimal(str(value))
