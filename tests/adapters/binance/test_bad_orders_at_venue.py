"""Orders that no rule of ours stopped: the venue's own words for them, and what they mean."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.binance.test_trading_suite import FuturesStage, Stage
from tests.adapters.local_venue import LocalVenue, local_venue
from tradewind.model.instruments import Instrument
from tradewind.model.orders import OrderType
from tradewind.ports.trading import Refused
from tradewind.testing.trading_stage import Scene

RULE = "the order does not fit a trading rule of the instrument"


class FineStage(Stage):
    """An instrument that claims finer prices and quantities than the venue has."""

    instrument = Instrument("BTC/USDT.BINANCE", tick="0.001", lot="0.0000001", quantity_digits=7)
    passive_price = 50_000_000
    quantity = 10_000


class FineFuturesStage(FuturesStage):
    """The same of futures."""

    instrument = Instrument("BTC/USDT.BINANCE-USDM", tick="0.01", lot="0.0001", kind="perpetual")
    passive_price = 5_000_000
    quantity = 20


@pytest.fixture(scope="module", params=[("binance", FineStage), ("binance-usdm", FineFuturesStage)])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    name, made = request.param
    with local_venue(name, "--still") as venue:
        yield made(venue)


def refusal(stage: Stage, **terms: Any) -> str:
    """What the adapter says of an order that the venue does not take; it must not be there."""

    async def play() -> str:
        adapter = stage.trading()
        await adapter.start(lambda _: None)
        scene = Scene(stage, adapter)
        order = scene.order(**terms)
        try:
            with pytest.raises(Refused) as raised:
                await adapter.submit(order)
            assert stage.orders_at_venue(order.order_id) == 0
            return str(raised.value)
        finally:
            await adapter.close()

    return asyncio.run(play())


def venue_of(stage: Stage) -> LocalVenue:
    return stage.venue


def test_a_price_between_ticks(stage: Stage) -> None:
    said = refusal(stage, limit_price=stage.passive_price + 1)
    assert any(words in said for words in ("PRICE_FILTER", "Precision is over"))


def test_a_quantity_with_too_many_decimals(stage: Stage) -> None:
    said = refusal(stage, quantity=stage.quantity + 1)
    assert any(words in said for words in ("LOT_SIZE", "Precision is over the maximum"))


def test_a_value_below_the_minimum(stage: Stage) -> None:
    least = 100 if isinstance(stage, FineStage) else 10
    price = stage.passive_price if isinstance(stage, FineStage) else stage.passive_price // 1_000
    said = refusal(stage, quantity=least, limit_price=price)
    assert any(words in said for words in ("NOTIONAL", "notional must be no smaller", "PRICE"))


def test_more_than_there_is(stage: Stage) -> None:
    said = refusal(stage, quantity=stage.quantity * 100_000)
    assert any(words in said for words in ("insufficient balance", "Margin is insufficient"))


def test_a_closed_market(stage: Stage) -> None:
    venue_of(stage).operate("POST", "halt", {"symbol": "BTCUSDT"})
    try:
        said = refusal(stage, type=OrderType.MARKET, limit_price=0)
    finally:
        venue_of(stage).operate("POST", "resume", {"symbol": "BTCUSDT"})
    assert "closed" in said.lower() or "not open for trading. (-4108: the venue" in said


def test_a_symbol_that_is_not_listed_any_more(stage: Stage) -> None:
    venue_of(stage).operate("POST", "listing", {"symbol": "BTCUSDT", "state": "delisted"})
    try:
        said = refusal(stage)
    finally:
        venue_of(stage).operate("POST", "listing", {"symbol": "BTCUSDT", "state": "listed"})
    assert said == "Invalid symbol. (-1121: the venue does not list this symbol)"
