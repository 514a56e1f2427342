"""ccxt's adapters against the numbered suites of their ports, over the local Binance.

Run by `test_suites.py` in an environment that has ccxt; pytest does not collect it by itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tradewind.adapters.ccxt.exchange import Credentials
from tradewind.adapters.ccxt.lookup import BY_OUR_ID, Lookup
from tradewind.adapters.ccxt.market_data import CcxtMarketData
from tradewind.adapters.ccxt.trading import CcxtTrading
from tradewind.adapters.net.outcome import BadAnswer
from tradewind.adapters.net.secret import Secret
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.instruments import Instrument
from tradewind.ports.market_data import MarketData
from tradewind.ports.trading import Refused
from tradewind.testing.market_data_suite import MarketDataSuite
from tradewind.testing.trading_stage import PREFIX, Scene
from tradewind.testing.trading_suite import TradingSuite

FAULTS = {
    "reply_lost": "reply-lost",
    "reply_dropped": "reply-dropped",
    "request_lost": "request-lost",
    "duplicate": "duplicate-report",
    "late": "late-report",
    "reordered": "reordered-report",
    "lost": "lost-report",
    "fill_after_cancel": "fill-after-cancel",
}
BTC = Instrument("BTC/USDT.CCXT-BINANCE", tick="0.01", lot="0.00001", currency="USDT")
NEWER = 25
"""Orders that push an older one off a page."""


class Clock:
    def now_ns(self) -> int:
        return time.time_ns()


class Venue:
    """The local Binance as a process, with its operator's routes."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.url: str = about["url"]
        self.account: dict[str, str] = about["accounts"][0]

    def operate(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/admin/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def local_binance(*options: str) -> Iterator[Venue]:
    command = [sys.executable, "-m", "tradewind", "venue", "binance", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Venue(json.loads(process.stdout.readline()))
        finally:
            process.terminate()


class TradeStage:
    """The local Binance through ccxt, with its first account."""

    faults = frozenset({*FAULTS, "refusals", "balances"})
    instrument = BTC
    passive_price = 5_000_000
    quantity = 1_000

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def trading(self) -> CcxtTrading:
        account = self.venue.account
        keys = Credentials(Secret(account["key"]), Secret(account["secret"]))
        trading = CcxtTrading(
            "binance", [BTC.id], keys,
            clock=Clock(), address=self.venue.url, poll_s=0.2, id_prefix=PREFIX, silence_s=3.0,
        )  # fmt: skip
        trading._exchange.enableRateLimit = False  # the local venue's rates are twenty times those
        return trading

    def strike(self, fault: str) -> None:
        self.venue.operate("POST", "faults", {"name": FAULTS[fault], "count": 1})

    def orders_at_venue(self, order_id: str) -> int | None:
        log = self.venue.operate("GET", "log")
        return sum(row["what"] == "new" and row.get("client_id") == order_id for row in log)


@pytest.fixture(scope="module")
def venue() -> Iterator[Venue]:
    with local_binance("--still", "--seed", "5", "--rates", "20") as running:
        yield running


class TestTrading(TradingSuite):
    @pytest.fixture(autouse=True)
    def _use(self, venue: Venue) -> Iterator[None]:
        self.venue = venue
        yield
        venue.operate("DELETE", "faults")

    @contextmanager
    def stage(self) -> Iterator[TradeStage]:
        yield TradeStage(self.venue)

    def test_t12_a_smaller_quantity_is_amended_and_told(self) -> None:
        """Not through ccxt: it would cancel and place anew, and it says so."""

        async def case(scene: Scene) -> None:
            order = await scene.rest()
            command = m.AmendOrder(0, order.order_id, order.venue, order.instrument, 500, 0, 1)
            with pytest.raises(Refused, match="cancel and place another"):
                await scene.adapter.amend(command)
            await scene.cancel(order)

        self.play(case)

    def test_an_order_off_the_page_is_never_taken_for_one_that_was_not_sent(self) -> None:
        async def case(scene: Scene) -> None:
            scene.stage.strike("reply_lost")
            lost = scene.order()
            with pytest.raises(OutsideError):
                await scene.adapter.submit(lost)
            for _ in range(NEWER):
                await scene.cancel(await scene.rest())
            later = scene.stage.trading()
            await later.start(lambda report: None)
            assert isinstance(later, CcxtTrading)
            try:
                command = m.QueryOrder(0, lost.order_id, lost.venue, lost.instrument)
                found = await later.query(command)
                assert isinstance((found or [None])[0], m.OrderAccepted)
                await _on_pages(later, lost.order_id)
            finally:
                await later.close()
            await scene.cancel(lost)

        self.play(case, needs="reply_lost")


async def _on_pages(trading: CcxtTrading, order_id: str) -> None:
    """The same as a venue that cannot be asked by our id: found, or nobody knows; never None."""
    exchange, symbol = trading._exchange, BTC.symbol
    name = exchange.id
    assert name in BY_OUR_ID
    exchange.id = "another"
    try:
        whole, short = (Lookup(exchange, trading._asked, page=page) for page in (500, 5))
        since_ms = time.time_ns() // 1_000_000 - 600_000
        found = await whole.by_our_id(order_id, symbol, sent_ms=None)
        assert found is not None
        assert found["clientOrderId"] == order_id
        for lookup, missing, sent_ms in (
            (short, order_id, None),
            (short, "never-sent", since_ms),
            (whole, "never-sent", since_ms),
            (whole, "never-sent", None),
        ):
            with pytest.raises(BadAnswer, match="look for it at the venue"):
                await lookup.by_our_id(missing, symbol, sent_ms=sent_ms)
        now_ms = time.time_ns() // 1_000_000 + 60_000
        assert await whole.by_our_id("never-sent", symbol, sent_ms=now_ms) is None
    finally:
        exchange.id = name


class DataStage:
    """The local Binance through ccxt; books come whole, so it has quotes and trades."""

    faults: frozenset[str] = frozenset()

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    def market_data(self, instrument_ids: list[str] | None = None) -> CcxtMarketData:
        names = instrument_ids or [BTC.id]
        return CcxtMarketData("binance", names, clock=Clock(), address=self.venue.url)

    def strike(self, fault: str) -> None:
        raise NotImplementedError

    def bad_rows(self, adapter: MarketData) -> int:
        assert isinstance(adapter, CcxtMarketData)
        return adapter.bad_rows


@pytest.fixture(scope="module")
def moving() -> Iterator[Venue]:
    with local_binance("--speed", "5") as running:
        yield running


class TestMarketData(MarketDataSuite):
    kinds = frozenset({"trades", "quotes"})

    @pytest.fixture(autouse=True)
    def _use(self, moving: Venue) -> None:
        self.venue = moving

    @contextmanager
    def stage(self) -> Iterator[DataStage]:
        yield DataStage(self.venue)
