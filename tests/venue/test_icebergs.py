"""Icebergs at the local venue: what the book shows, who is next, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.venue.test_exchange import exchange_with, order, sums
from tradewind.venue.binance.errors import ApiError
from tradewind.venue.binance.filters import check_iceberg
from tradewind.venue.events import PublicTrade
from tradewind.venue.exchange import Exchange
from tradewind.venue.orders import BUY, SELL, Order, Status

PRICE = "59999.5"
"""Between the best bid and ask of the still market."""


def iceberg(exchange: Exchange, quantity: str = "10", shown: str = "4") -> Order:
    hidden = order(exchange, SELL, quantity, PRICE, visible=Decimal(shown))
    assert exchange.submit(hidden, 1).status is Status.NEW
    return hidden


def bought(exchange: Exchange, quantity: str) -> None:
    taker = order(exchange, BUY, quantity, PRICE, account="a1")
    assert exchange.submit(taker, 2).status is Status.FILLED


def shown(exchange: Exchange) -> Decimal:
    return exchange.books["BTCUSDT"].size_at(SELL, Decimal(PRICE))


def test_the_book_shows_the_part_only_and_the_next_part_behind_who_came_in_between() -> None:
    exchange = exchange_with(3)
    before = sums(exchange)
    hidden = iceberg(exchange)
    other = exchange.submit(order(exchange, SELL, "5", PRICE, account="a2"), 1)
    assert shown(exchange) == 9
    bought(exchange, "3")
    assert (hidden.filled, hidden.tip, shown(exchange)) == (3, 1, 6)
    bought(exchange, "2")  # one of the shown part, one of who stands behind it
    assert (hidden.filled, hidden.tip, other.filled) == (4, 4, 1)
    assert shown(exchange) == 8
    bought(exchange, "5")  # the rest of the other comes before the second part
    assert (other.status, hidden.filled, hidden.tip) == (Status.FILLED, 5, 3)
    bought(exchange, "5")
    assert hidden.status is Status.FILLED
    assert shown(exchange) == 0
    assert sums(exchange) == before


def test_one_order_takes_all_parts_in_turn() -> None:
    exchange = exchange_with(3)
    hidden = iceberg(exchange)
    other = exchange.submit(order(exchange, SELL, "2", PRICE, account="a2"), 1)
    bought(exchange, "11")
    assert [fill.quantity for fill in hidden.fills] == [4, 4, 1]
    assert (other.filled, hidden.tip, shown(exchange)) == (2, 1, 1)


def test_a_print_at_the_price_fills_part_by_part() -> None:
    exchange = exchange_with(3)
    hidden = iceberg(exchange)
    other = exchange.submit(order(exchange, SELL, "2", PRICE, account="a2"), 1)
    exchange.on_trade(PublicTrade(0, "BTCUSDT", Decimal(PRICE), Decimal(5), 2, False))
    assert (hidden.filled, other.filled, hidden.tip) == (4, 1, 4)


def test_new_prices_that_cross_it_fill_part_by_part() -> None:
    exchange = exchange_with(3)
    hidden = iceberg(exchange)
    other = exchange.submit(order(exchange, SELL, "2", PRICE, account="a2"), 1)
    exchange.on_depth("BTCUSDT", [(BUY, Decimal(60000), Decimal(7))], 2)
    assert (hidden.filled, other.filled, hidden.tip) == (5, 2, 3)


def test_a_lower_quantity_keeps_the_place_and_shows_no_more_than_is_left() -> None:
    exchange = exchange_with(3)
    hidden = iceberg(exchange)
    other = exchange.submit(order(exchange, SELL, "2", PRICE, account="a2"), 1)
    exchange.reduce(hidden, Decimal(3), 2, "c")
    assert (shown(exchange), hidden.visible) == (5, 3)
    bought(exchange, "4")
    assert (hidden.status, other.filled) == (Status.FILLED, 1)


@pytest.mark.parametrize(
    ("shown_part", "code", "text"),
    [
        ("10.00001", -2010, "IcebergQty exceeds QTY."),
        ("0.19", -1013, "Filter failure: ICEBERG_PARTS"),
        ("0.200000001", -1013, "Filter failure: LOT_SIZE"),
        ("0.000001", -1013, "Filter failure: LOT_SIZE"),
    ],
)
def test_a_wrong_part_is_refused_with_the_venues_words(
    shown_part: str, code: int, text: str
) -> None:
    exchange = exchange_with()
    listing = exchange.listing("BTCUSDT")
    wanted = order(exchange, SELL, "10", PRICE, visible=Decimal(shown_part))
    with pytest.raises(ApiError) as raised:
        check_iceberg(wanted, listing)
    assert (raised.value.code, raised.value.text) == (code, text)


@pytest.mark.parametrize("shown_part", ["10", "0.2"])
def test_all_of_it_and_the_most_parts_are_taken(shown_part: str) -> None:
    exchange = exchange_with()
    wanted = order(exchange, SELL, "10", PRICE, visible=Decimal(shown_part))
    check_iceberg(wanted, exchange.listing("BTCUSDT"))
