"""What we ask and read, held against Massive's own description of its interface."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tests.adapters.venue_examples import answer_examples, description, parameter_names
from tradewind.adapters.massive import wire
from tradewind.adapters.massive.downloads import TIMEFRAMES, _between, _question
from tradewind.adapters.massive.instruments import instrument_of
from tradewind.adapters.massive.rows import bar_row, quote_row, trade_row
from tradewind.ports.downloads import Wanted

FILE = "massive_openapi.json"
PREFIX = {"AAPL": "stocks", "BTC/USD": "crypto", "EUR/USD": "forex"}


def wanted(kind: Any, symbol: str = "AAPL", timeframe: str | None = None) -> Wanted:
    instrument = instrument_of(f"{symbol}.MASSIVE", Decimal(100))
    return Wanted(kind, instrument, timeframe, 10**18, 10**18 + 10**15)


@pytest.mark.parametrize("symbol", PREFIX)
@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_bars_are_asked_as_described(symbol: str, timeframe: str) -> None:
    path, parameters, _, _ = _question(wanted("bars", symbol, timeframe))
    template = f"/v2/aggs/ticker/{{{PREFIX[symbol]}Ticker}}/range/{{multiplier}}/{{timespan}}/"
    described = description(FILE)
    names = parameter_names(described, template + "{from}/{to}")
    assert set(parameters) <= names
    assert path.count("/") == template.count("/") + 1
    assert path.split("/")[7] in ("second", "minute", "hour", "day")


@pytest.mark.parametrize(
    ("kind", "template"),
    [("trades", "/v3/trades/{stockTicker}"), ("quotes", "/v3/quotes/{stockTicker}")],
)
def test_trades_and_quotes_are_asked_as_described(kind: str, template: str) -> None:
    _, parameters, _, _ = _question(wanted(kind))
    assert set(parameters) <= parameter_names(description(FILE), template)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v3/reference/splits", "execution_date"),
        ("/v3/reference/dividends", "ex_dividend_date"),
    ],
)
def test_corporate_actions_are_asked_as_described(path: str, name: str) -> None:
    asked = _between("AAPL", name, "2020-01-01", "2020-12-31")
    assert set(asked) <= parameter_names(description(FILE), path)


def test_a_parameter_that_is_not_there_would_be_found() -> None:
    names = parameter_names(description(FILE), "/v3/trades/{stockTicker}")
    assert "timestamp.between" not in names


PAGES = [
    ("/v2/aggs/ticker/{stocksTicker}/range/{multiplier}/{timespan}/{from}/{to}", wire.BarsPage),
    ("/v2/aggs/ticker/{cryptoTicker}/range/{multiplier}/{timespan}/{from}/{to}", wire.BarsPage),
    ("/v3/trades/{stockTicker}", wire.TradesPage),
    ("/v3/trades/{cryptoTicker}", wire.TradesPage),
    ("/v3/quotes/{stockTicker}", wire.QuotesPage),
    ("/v3/quotes/{fxTicker}", wire.QuotesPage),
]


@pytest.mark.parametrize(("path", "kind"), PAGES)
def test_their_pages_become_rows(path: str, kind: Any) -> None:
    instrument = instrument_of("AAPL.MASSIVE", Decimal(1))
    if "fxTicker" in path:
        instrument = instrument_of("EUR/USD.MASSIVE", Decimal(1))
    row_of: Any = {
        wire.BarsPage: lambda row: bar_row(row, instrument, 60),
        wire.TradesPage: lambda row: trade_row(row, instrument),
        wire.QuotesPage: lambda row: quote_row(row, instrument),
    }[kind]
    count = 0
    for example in answer_examples(description(FILE), path):
        page = wire.decode_as(kind, msgspec.json.encode(example))
        count += len([row_of(row) for row in page.results])
        if page.next_url:
            assert "cursor" in parse_qs(urlsplit(page.next_url).query)
    assert count > 0


def test_their_splits_are_read() -> None:
    [example] = answer_examples(description(FILE), "/v3/reference/splits")
    page = wire.decode_as(wire.SplitsPage, msgspec.json.encode(example))
    assert (page.results[0].split_from, page.results[0].split_to) == (1, 4)
