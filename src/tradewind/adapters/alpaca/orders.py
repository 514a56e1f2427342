"""Orders: our commands in Alpaca's words, and what it says of an order as reports. Pure.

An order that is replaced is a new one at the venue, with a client id of its own: ours, `~` and a
number. So every client id of the venue tells which order of ours it is of.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from tradewind.adapters.alpaca.account_wire import Execution
from tradewind.adapters.alpaca.instruments import Listing
from tradewind.adapters.alpaca.order_wire import NewOrder, Order, StopLoss, TakeProfit
from tradewind.adapters.net.decimals import floor_units, nearest_units
from tradewind.model import messages as m
from tradewind.model.numbers import format_plain
from tradewind.model.orders import Leg, Liquidity, OrderFlag, OrderType, Side, TimeInForce
from tradewind.ports.trading import Refused, refuse_iceberg

REPLACED_MARK = "~"

SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
SIDE_OF = {text: side for side, text in SIDES.items()}
TYPES = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
}
TYPE_OF = {text: type_ for type_, text in TYPES.items()}
TIMES_IN_FORCE = {
    TimeInForce.GTC: "gtc",
    TimeInForce.DAY: "day",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
    TimeInForce.OPG: "opg",
    TimeInForce.CLS: "cls",
}
FLAGS = {OrderFlag.EXTENDED_HOURS: "extended_hours"}
AUCTIONS = frozenset({TimeInForce.OPG, TimeInForce.CLS})
AUCTION_TYPES = frozenset({OrderType.MARKET, OrderType.LIMIT})
CRYPTO_TIMES_IN_FORCE = frozenset({TimeInForce.GTC, TimeInForce.IOC})

LIMIT_TYPES = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
STOP_TYPES = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What Alpaca can do with an order beyond our commands; prices are decimal text.

    With both a take-profit and a stop-loss the order is a bracket, with one of them it triggers
    that one (OTO). `is_exit` says that the position is there already: then the two stand alone
    and the first that is filled cancels the other (OCO). A notional stands for the quantity of a
    market or limit order of the day. Extended hours are a flag of the order itself.
    """

    notional: str = ""
    take_profit: str = ""
    stop_loss: str = ""
    stop_loss_limit: str = ""
    trail_price: str = ""
    trail_percent: str = ""
    is_exit: bool = False


PLAIN = Extras()


def new_order(command: m.SubmitOrder, listing: Listing, extras: Extras = PLAIN) -> NewOrder:
    """The order that a command is at the venue; `Refused` where it has no such order.

    >>> from tradewind.adapters.alpaca.account_wire import Asset
    >>> from tradewind.adapters.alpaca.instruments import listing_of
    >>> aapl = listing_of(Asset(id="b", kind="us_equity", symbol="AAPL", status="active",
    ...                         tradable=True))
    >>> command = m.SubmitOrder(0, "j0-a-1", "a", "ALPACA", "AAPL.ALPACA", Side.BUY, 150_000,
    ...     OrderType.LIMIT, 1_715_500, 0, TimeInForce.DAY, OrderFlag.NONE, 0, Leg.NET)
    >>> new = new_order(command, aapl)
    >>> new.quantity, new.limit_price, new.time_in_force
    ('15', '171.55', 'day')
    """
    _check(command, listing, extras)
    instrument = listing.instrument
    price_digits = instrument.price_digits
    has_limit, has_stop = command.type in LIMIT_TYPES, command.type in STOP_TYPES
    trails = bool(extras.trail_price or extras.trail_percent)
    stop = StopLoss(extras.stop_loss, extras.stop_loss_limit or None) if extras.stop_loss else None
    quantity = format_plain(command.quantity, instrument.quantity_digits)
    return NewOrder(
        symbol=listing.symbol,
        side=SIDES[command.side],
        type="trailing_stop" if trails else TYPES[command.type],
        time_in_force=TIMES_IN_FORCE[command.time_in_force],
        client_order_id=command.order_id,
        quantity=None if extras.notional else quantity,
        notional=extras.notional or None,
        limit_price=format_plain(command.limit_price, price_digits) if has_limit else None,
        stop_price=format_plain(command.stop_price, price_digits) if has_stop else None,
        trail_price=extras.trail_price or None,
        trail_percent=extras.trail_percent or None,
        extended_hours=bool(command.flags & OrderFlag.EXTENDED_HOURS),
        order_class=order_class(extras),
        take_profit=TakeProfit(extras.take_profit) if extras.take_profit else None,
        stop_loss=stop,
    )


def order_class(extras: Extras) -> str:
    """Which kind of combination an order is; empty where it is none.

    >>> order_class(Extras(take_profit="9", stop_loss="7")), order_class(Extras(stop_loss="7"))
    ('bracket', 'oto')
    """
    legs = bool(extras.take_profit) + bool(extras.stop_loss)
    if legs == 2:
        return "oco" if extras.is_exit else "bracket"
    return "oto" if legs else ""


def _check(command: m.SubmitOrder, listing: Listing, extras: Extras) -> None:
    """What the venue surely refuses, and what it would understand otherwise than we mean it."""
    refuse_iceberg(command)
    if command.type not in TYPES:
        raise Refused(f"Alpaca has no orders of type {command.type.name}")
    if command.time_in_force not in TIMES_IN_FORCE:
        raise Refused(f"Alpaca has no time in force {command.time_in_force.name}: use GTC or DAY")
    if listing.is_crypto and command.time_in_force not in CRYPTO_TIMES_IN_FORCE:
        raise Refused("Alpaca takes crypto orders as GTC or IOC only")
    if listing.is_crypto and command.type is OrderType.STOP:
        raise Refused("Alpaca takes crypto stops as STOP_LIMIT only")
    if command.flags & (OrderFlag.POST_ONLY | OrderFlag.REDUCE_ONLY):
        raise Refused("Alpaca has neither POST_ONLY nor REDUCE_ONLY orders")
    if command.quantity < listing.least_quantity and not extras.notional:
        least = format_plain(listing.least_quantity, listing.instrument.quantity_digits)
        raise Refused(f"Alpaca takes orders of {listing.symbol} from {least} on")
    if command.leg is not Leg.NET:
        raise Refused("Alpaca keeps one net position an instrument: no hedging")
    if extras.trail_price and extras.trail_percent:
        raise Refused("a trailing stop has a distance in price or in percent, not both")
    _check_hours(command, listing)


def _check_hours(command: m.SubmitOrder, listing: Listing) -> None:
    """Refuse what neither an auction nor the hours around a session take."""
    if command.time_in_force in AUCTIONS and command.type not in AUCTION_TYPES:
        raise Refused("Alpaca takes MARKET and LIMIT orders for its auctions only")
    is_day_limit = (
        command.type is OrderType.LIMIT and command.time_in_force is TimeInForce.DAY
    ) and not listing.is_crypto
    if command.flags & OrderFlag.EXTENDED_HOURS and not is_day_limit:
        raise Refused("extended hours take limit orders of the day only")


def order_id_of(client_order_id: str) -> str:
    """Our order that a client id of the venue belongs to.

    >>> order_id_of("j0-cross-11~2"), order_id_of("j0-cross-11")
    ('j0-cross-11', 'j0-cross-11')
    """
    return client_order_id.partition(REPLACED_MARK)[0]


def number_of(client_order_id: str) -> int:
    """Which amendment made the order that a client id of the venue is; 0: none did.

    >>> number_of("j0-cross-11~2"), number_of("j0-cross-11"), number_of("of~others")
    (2, 0, 0)
    """
    number = client_order_id.partition(REPLACED_MARK)[2]
    return int(number) if number.isdecimal() else 0


def next_client_id(client_order_id: str, number: int = 0) -> str:
    """The client id of the order that replaces one; the venue takes none twice.

    It is the amendment's number, where that has one.

    >>> next_client_id("j0-cross-11", 3), next_client_id("j0-cross-11~1")
    ('j0-cross-11~3', 'j0-cross-11~2')
    """
    following = max(number, number_of(client_order_id) + 1)
    return f"{order_id_of(client_order_id)}{REPLACED_MARK}{following}"


def fill_of(
    order: Order, price: Decimal, quantity: Decimal, cumulative: Decimal, listing: Listing
) -> m.OrderFilled | None:
    """An execution as a report; None where it is less than our smallest unit.

    The venue executes fractions down to nine digits, finer than ours, so a fill is what the sum
    grew by in our units: the fills of an order add up to its quantity. The sum makes the id too,
    since all ways tell it: no two executions of an order have the same one. Commissions are
    charged by the day, not with the execution, and whether it made or took is not told.
    """
    digits = listing.instrument.quantity_digits
    grown = floor_units(cumulative, digits) - floor_units(cumulative - quantity, digits)
    if grown <= 0:
        return None
    return m.OrderFilled(
        0,
        order_id_of(order.client_order_id),
        fill_id(order.id, cumulative),
        nearest_units(price, listing.instrument.price_digits),
        grown,
        0,
        listing.instrument.currency,
        Liquidity.TAKER,
    )


def fill_id(venue_order_id: str, cumulative: Decimal) -> str:
    """The id of the execution that brought an order to a sum.

    >>> fill_id("61e69015", Decimal("15.50"))
    '61e69015:15.5'
    """
    return f"{venue_order_id}:{cumulative.normalize():f}"


def reports_of_reply(order: Order, listing: Listing) -> list[m.Report]:
    """What the reply to a new order tells; its executions come otherwise."""
    order_id = order_id_of(order.client_order_id)
    filled = floor_units(order.filled_quantity, listing.instrument.quantity_digits)
    end = ended(order.status, order_id, filled)
    if order.status == "rejected":
        return end
    return [m.OrderAccepted(0, order_id, order.id), *end]


def reports_of(
    chain: Sequence[Order], executions: Sequence[Execution], listing: Listing, amends: int = 0
) -> list[m.Report]:
    """All reports that bring an order of ours up to what the venue knows: an end, or the terms.

    `chain` is the order with those that replaced it, the oldest first; `executions` are of any
    of them, in order of time; `amends` is how many amendments had left when this was asked.
    """
    order_id = order_id_of(chain[0].client_order_id)
    last = chain[-1]
    if last.status == "rejected" and len(chain) == 1:
        return ended(last.status, order_id, 0)
    orders = {order.id: order for order in chain}
    reports: list[m.Report] = [m.OrderAccepted(0, order_id, chain[0].id)]
    filled = 0
    for one in executions:
        order = orders[one.order_id]
        fill = fill_of(order, one.price, one.quantity, one.cumulative_quantity, listing)
        if fill is not None:
            reports.append(fill)
            filled += fill.quantity
    end = ended(last.status, order_id, filled)
    if last.status == "filled" and last.filled_quantity < (last.quantity or 0):
        # it works no more, and a part of what was filled was taken back
        end = [m.OrderCanceled(0, order_id, "executions taken back", filled)]
    return reports + (end or _restated(chain, executions, listing, amends))


def _restated(
    chain: Sequence[Order], executions: Sequence[Execution], listing: Listing, amends: int
) -> list[m.Report]:
    """The terms an order has now; its quantity is what was executed and what is left.

    Executions are counted, not the sums of the orders: a replacement may begin with the sum of
    the one before it. An order of an amount of money states no quantity before it is filled.
    """
    last, instrument = chain[-1], listing.instrument
    filled = sum((one.quantity for one in executions), Decimal(0))
    leaves = (last.quantity or last.filled_quantity) - last.filled_quantity
    quantity = floor_units(filled + leaves, instrument.quantity_digits)
    limit = nearest_units(last.limit_price or Decimal(0), instrument.price_digits)
    order_id = order_id_of(last.client_order_id)
    if quantity <= 0:
        return []
    stop = nearest_units(last.stop_price or Decimal(0), instrument.price_digits)
    return [m.OrderRestated(0, order_id, last.id, quantity, limit, amends, stop)]


def ended(status: str, order_id: str, filled: int) -> list[m.Report]:
    """The final report of an order that works no more; fills end it by themselves.

    `filled` is what was filled of it in all, in units, or `NOT_STATED`.
    """
    if status == "canceled":
        return [m.OrderCanceled(0, order_id, "", filled)]
    if status == "expired":
        return [m.OrderExpired(0, order_id, "its time in force is over", filled)]
    if status == "rejected":
        return [m.OrderRejected(0, order_id, "Alpaca rejected the order")]
    return []
