"""What we send and read, held against Alpaca's own description of its interface."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.adapters.alpaca.samples import APPLE, limit_order
from tests.adapters.venue_examples import answer_examples, description, faults, schema_examples
from tradewind.adapters.alpaca import account_wire
from tradewind.adapters.alpaca.instruments import listing_of
from tradewind.adapters.alpaca.order_wire import Order, Replacement
from tradewind.adapters.alpaca.orders import Extras, new_order
from tradewind.adapters.alpaca.page_wire import BarsPage, QuotesPage, TradesPage, decode_as
from tradewind.adapters.alpaca.rows import bar_row, quote_row, trade_row
from tradewind.model.orders import OrderType

TRADING = "alpaca_trading_openapi.yaml"
DATA = "alpaca_data_openapi.yaml"

ORDERS = [
    (limit_order(), Extras()),
    (limit_order(type=OrderType.MARKET), Extras(notional="500.25")),
    (limit_order(type=OrderType.STOP_LIMIT, stop_price=1_720_000), Extras()),
    (limit_order(), Extras(take_profit="180", stop_loss="165", stop_loss_limit="164.9")),
    (limit_order(), Extras(trail_percent="1.5")),
]


def built(message: Any) -> dict[str, Any]:
    fields = msgspec.json.decode(msgspec.json.encode(message))
    assert isinstance(fields, dict)
    return fields


@pytest.mark.parametrize(("command", "extras"), ORDERS)
def test_what_we_send_as_an_order_is_described(command: Any, extras: Extras) -> None:
    sent = built(new_order(command, APPLE, extras))
    described = description(TRADING)
    # the description shows the legs in its text only
    legs = {"take_profit", "stop_loss"}
    assert faults(described, "Order", {k: v for k, v in sent.items() if k not in legs}) == []


def test_a_wrong_order_would_be_found() -> None:
    sent = built(new_order(limit_order(), APPLE)) | {"qty": 15.0, "quantity": "1"}
    found = faults(description(TRADING), "Order", sent)
    assert found == ["there is no quantity", "15.0 is not of type 'string'"]


def test_what_we_send_as_a_replacement_is_described() -> None:
    sent = built(Replacement(client_order_id="a~1", quantity="4", limit_price="3.14"))
    assert faults(description(TRADING), "PatchOrderRequest", sent) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Order", Order),
        ("Account", account_wire.Account),
        ("Position", account_wire.Position),
        ("TradingActivities", account_wire.Execution),
        ("Assets", account_wire.Asset),
        ("Calendar", account_wire.Session),
        ("Clock", account_wire.MarketClock),
    ],
)
def test_their_examples_are_read(name: str, kind: type) -> None:
    examples = schema_examples(description(TRADING), name)
    assert examples
    for example in examples:
        msgspec.convert(example, kind, strict=False)


def test_their_asset_is_an_instrument() -> None:
    [example] = schema_examples(description(TRADING), "Assets")
    listing = listing_of(msgspec.convert(example, account_wire.Asset))
    assert (listing.instrument.id, listing.instrument.lot) == ("AAPL.ALPACA", "0.0001")


PAGES = [
    ("/v2/stocks/bars", BarsPage),
    ("/v2/stocks/trades", TradesPage),
    ("/v2/stocks/quotes", QuotesPage),
    ("/v1beta1/crypto/bars", BarsPage),
    ("/v1beta1/crypto/trades", TradesPage),
]


@pytest.mark.parametrize(("path", "kind"), PAGES)
def test_their_pages_become_rows(path: str, kind: Any) -> None:
    row_of = {
        BarsPage: lambda row: bar_row(row, APPLE.instrument, 60),
        TradesPage: lambda row: trade_row(row, APPLE.instrument),
        QuotesPage: lambda row: quote_row(row, APPLE.instrument),
    }[kind]
    count = 0
    for example in answer_examples(description(DATA), path):
        page = decode_as(kind, msgspec.json.encode(example))
        for rows in page.rows.values():
            count += len([row_of(row) for row in rows])
    assert count > 0
