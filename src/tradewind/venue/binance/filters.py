"""Binance's filters of a symbol: as exchangeInfo lists them, and as an order is held to them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradewind.venue.binance.errors import ApiError, filter_failure
from tradewind.venue.binance.numbers import text8
from tradewind.venue.book import Book
from tradewind.venue.listing import Listing
from tradewind.venue.orders import Order

MAX_NUM_ORDERS = 200
MAX_NUM_ALGO_ORDERS = 5
ICEBERG_PARTS = 50
MAX_NUM_ORDER_LISTS = 20
MAX_NUM_ORDER_AMENDS = 10
TRAILING_DELTA_MIN, TRAILING_DELTA_MAX = 10, 2000
MAX_PRICE = Decimal(1_000_000)
PRICE_UP, PRICE_DOWN = Decimal(5), Decimal("0.2")
MAX_NOTIONAL = Decimal(9_000_000)
AVERAGE_MINUTES = 5


def filter_rows(listing: Listing) -> list[dict[str, Any]]:
    """The filters as exchangeInfo lists them."""
    tick, lot = text8(listing.tick), text8(listing.lot)
    quantities = {
        "minQty": text8(listing.minimum_quantity),
        "maxQty": text8(listing.maximum_quantity),
        "stepSize": lot,
    }
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": text8(MAX_PRICE),
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", **quantities},
        {"filterType": "ICEBERG_PARTS", "limit": ICEBERG_PARTS},
        {
            "filterType": "MARKET_LOT_SIZE",
            **quantities,
            "minQty": text8(Decimal(0)),
            "stepSize": text8(Decimal(0)),
        },
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": TRAILING_DELTA_MIN,
            "maxTrailingAboveDelta": TRAILING_DELTA_MAX,
            "minTrailingBelowDelta": TRAILING_DELTA_MIN,
            "maxTrailingBelowDelta": TRAILING_DELTA_MAX,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": str(PRICE_UP),
            "bidMultiplierDown": str(PRICE_DOWN),
            "askMultiplierUp": str(PRICE_UP),
            "askMultiplierDown": str(PRICE_DOWN),
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": text8(listing.minimum_notional),
            "applyMinToMarket": True,
            "maxNotional": text8(MAX_NOTIONAL),
            "applyMaxToMarket": False,
            "avgPriceMins": AVERAGE_MINUTES,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MAX_NUM_ORDERS},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": MAX_NUM_ORDER_LISTS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MAX_NUM_ALGO_ORDERS},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": MAX_NUM_ORDER_AMENDS},
    ]


def check_order(
    order: Order, book: Book, average: Decimal | None, open_orders: list[Order]
) -> None:
    """Hold an order to every filter; ApiError -1013 names the first it fails.

    `average` is the average price of the last minutes, `open_orders` the account's of the symbol.
    """
    listing = book.listing
    for price in (order.price, order.stop_price):
        if price is not None:
            check_price(price, listing)
    if order.price is not None and average:
        check_percent(order.price, average)
    if order.quote_quantity is None:
        check_quantity(order, listing)
        check_notional(order, listing, average)
    elif order.quote_quantity < listing.minimum_notional:
        raise filter_failure("NOTIONAL")
    check_iceberg(order, listing)
    check_counts(order, open_orders)


def check_price(price: Decimal, listing: Listing) -> None:
    """PRICE_FILTER."""
    if not listing.tick <= price <= MAX_PRICE or not listing.on_grid(price, listing.tick):
        raise filter_failure("PRICE_FILTER")


def check_percent(price: Decimal, average: Decimal) -> None:
    """PERCENT_PRICE_BY_SIDE, with the same multipliers on both sides."""
    if not average * PRICE_DOWN <= price <= average * PRICE_UP:
        raise filter_failure("PERCENT_PRICE_BY_SIDE")


def check_quantity(order: Order, listing: Listing) -> None:
    """LOT_SIZE, and MARKET_LOT_SIZE, whose step is off."""
    quantity = order.quantity
    if not listing.minimum_quantity <= quantity <= listing.maximum_quantity:
        raise filter_failure("LOT_SIZE")
    if not listing.on_grid(quantity, listing.lot):
        raise filter_failure("LOT_SIZE")


def check_notional(order: Order, listing: Listing, average: Decimal | None) -> None:
    """NOTIONAL; an order without a price is valued at the average."""
    price = order.price or order.stop_price or average
    if price is None:
        return
    value = price * order.quantity
    if value < listing.minimum_notional:
        raise filter_failure("NOTIONAL")
    if order.price is not None and value > MAX_NOTIONAL:
        raise filter_failure("NOTIONAL")


def check_iceberg(order: Order, listing: Listing) -> None:
    """ICEBERG_PARTS: the visible quantity may divide the order into so many parts at most.

    It is held to LOT_SIZE as the quantity is.
    """
    if order.visible is None:
        return
    if order.visible > order.quantity:
        raise ApiError(-2010, "IcebergQty exceeds QTY.")
    is_large_enough = order.visible >= listing.minimum_quantity
    if not is_large_enough or not listing.on_grid(order.visible, listing.lot):
        raise filter_failure("LOT_SIZE")
    if -(-order.quantity // order.visible) > ICEBERG_PARTS:
        raise filter_failure("ICEBERG_PARTS")


def check_counts(order: Order, open_orders: list[Order]) -> None:
    """MAX_NUM_ORDERS and MAX_NUM_ALGO_ORDERS; held orders are algo orders."""
    if order.price is None and order.stop_price is None and order.trailing_share is None:
        return
    if len(open_orders) >= MAX_NUM_ORDERS:
        raise filter_failure("MAX_NUM_ORDERS")
    if order.stop_price is not None or order.trailing_share is not None:
        held = sum(1 for each in open_orders if each.is_held)
        if held >= MAX_NUM_ALGO_ORDERS:
            raise filter_failure("MAX_NUM_ALGO_ORDERS")


def check_trailing(delta: int) -> Decimal:
    """TRAILING_DELTA in hundredths of a percent, as a share."""
    if not TRAILING_DELTA_MIN <= delta <= TRAILING_DELTA_MAX:
        raise filter_failure("TRAILING_DELTA")
    return Decimal(delta) / 10_000
