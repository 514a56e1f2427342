"""Assets become instruments with a grid that fits into our digits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.adapters.alpaca.samples import APPLE, BITCOIN
from tradewind.adapters.alpaca.account_wire import Asset, error_of
from tradewind.adapters.alpaca.instruments import Listings, listing_of, symbol_of
from tradewind.model.errors import UserError


def test_an_equity_has_four_digits_of_price_and_of_quantity() -> None:
    instrument = APPLE.instrument
    assert (instrument.price_digits, instrument.quantity_digits) == (4, 4)
    assert (instrument.tick, instrument.lot, instrument.calendar) == ("0.01", "0.0001", "XNYS")


def test_an_equity_without_fractions_has_a_lot_of_one() -> None:
    asset = Asset(id="i", kind="us_equity", symbol="BRK.A", status="active", tradable=True)
    assert listing_of(asset).instrument.lot == "1"


@pytest.mark.parametrize(
    ("price_step", "quantity_step", "digits", "lot"),
    [
        ("1", "0.0001", (4, 4), "0.0001"),
        ("0.01", "0.000000001", (4, 6), "0.000001"),
        ("0.00000001", "0.000000001", (8, 2), "0.01"),
        ("0.0000000001", "1", (10, 0), "1"),
        ("0.000000005", "0.1", (9, 1), "0.1"),
    ],
)
def test_steps_of_crypto_are_fitted_into_ten_digits(
    price_step: str, quantity_step: str, digits: tuple[int, int], lot: str
) -> None:
    asset = Asset(
        id="i",
        kind="crypto",
        symbol="X/USD",
        status="active",
        tradable=True,
        price_step=Decimal(price_step),
        quantity_step=Decimal(quantity_step),
    )
    instrument = listing_of(asset).instrument
    assert (instrument.price_digits, instrument.quantity_digits) == digits
    assert instrument.lot == lot


def test_an_asset_that_is_not_active_is_not_tradable() -> None:
    asset = Asset(id="i", kind="us_equity", symbol="TWTR", status="inactive", tradable=True)
    assert not listing_of(asset).is_tradable


def test_a_position_of_crypto_is_found_without_its_slash() -> None:
    listings = Listings([APPLE, BITCOIN])
    assert listings.by_asset("unknown", "BTCUSD") is BITCOIN
    assert listings.by_asset(APPLE.asset_id, "") is APPLE
    assert listings.by_symbol("BTC/USD") is BITCOIN
    assert listings.by_symbol("GOOG") is None
    with pytest.raises(UserError, match="is not listed"):
        listings.of("GOOG.ALPACA")


def test_an_instrument_of_another_venue_has_no_symbol_here() -> None:
    with pytest.raises(UserError, match=r"AAPL\.ALPACA"):
        symbol_of("BTC/USDT.BINANCE")


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"code":"x"}'])
def test_a_body_that_tells_no_error_is_an_empty_one(body: bytes) -> None:
    assert error_of(body).message == ""
