"""What a live run over Binance makes of wrong input: the venue's words, ours, the order's state."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.adapters.local_venue import local_venue
from tests.storm.engine import StormEngine
from tests.storm.ground import Ground, Listed
from tests.storm.test_venue_storm import GROUNDS
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.model import messages as m
from tradewind.model.orders import Side
from tradewind.ports.journal import numbered
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import OrdersRequest

DEADLINE_S = 60.0


@dataclass
class Live:
    """A live engine over a venue, and one instrument of it."""

    ground: Ground
    engine: StormEngine
    instrument: str
    listed: Listed

    def place(self, quantity: int = 0, price: int = 0) -> tuple[str, str]:
        """State and reason of an order, once it is over or rests."""
        name = self.engine.place(self.instrument, Side.BUY, quantity or self.listed.quantity, price)
        return self.outcome(name)

    def place_until(self, wanted: str) -> str:
        """Place until an order ends in a state; why it did."""
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            state, reason = self.place()
            if state == wanted:
                return reason
            assert time.monotonic() < deadline_s, (state, reason)
            time.sleep(0.2)

    def is_refused_with(self, *words: str, unless: str = "") -> None:
        """Place an order that the venue refuses in these words, unless it ends in another state.

        On a slow machine another request of ours hears it first: then the order is denied here.
        """
        state, reason = self.place()
        if state == unless:
            return
        if state == "DENIED":
            assert reason.startswith("venue_lost"), reason
            return
        assert state == "REJECTED", reason
        assert [word for word in words if word not in reason] == [], reason

    def outcome(self, name: str) -> tuple[str, str]:
        """State and reason of an order that is not on its way any more, once it is durable."""
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            reason = self.reason(name)  # Before the rows: what they tell is at least as new.
            rows = {row["order_id"]: row["state"] for row in ask(self.engine.home, OrdersRequest())}
            state = rows[name]
            if state == "FILLED" or reason:
                return state, reason
            assert time.monotonic() < deadline_s, f"{name} is {rows[name]}"
            time.sleep(0.05)

    def reason(self, name: str) -> str:
        """Why an order was refused, by whom ever."""
        said = ""
        with closing(read_journal(self.engine.home / "journal")) as journal:
            for group in journal.groups():
                for _, record in numbered(group):
                    if getattr(record, "order_id", "") != name:
                        continue
                    if isinstance(record, m.OrderRejected):
                        said = record.reason
                    if isinstance(record, m.OrderDenied):
                        said = f"{record.rule}: {record.value} {record.limit}"
        return said

    def until(self, reached: Callable[[Any], bool]) -> Any:
        """Its status once something is true of it."""
        return self.engine.wait_until(reached, "reached")

    def until_trading(self) -> None:
        """Until orders go to the venue and its instruments are traded."""
        self.engine.wait_until_healed()

    def operate(self, route: str, body: dict[str, Any]) -> None:
        """Tell the venue's operator."""
        self.engine.venue.operate("POST", route, body)

    @contextmanager
    def skewed(self, skew_ms: float) -> Iterator[None]:
        """While the venue's clock is off."""
        self.engine.venue.fault("clock-skew", value=skew_ms)
        try:
            yield
        finally:
            self.engine.venue.heal()
            self.until_trading()

    @contextmanager
    def during(self, route: str, body: dict[str, Any], state: str) -> Iterator[None]:
        """While the operator has something switched; `state` is what it is behind it."""
        self.operate(route, body)
        try:
            yield
        finally:
            self.operate(route, {**body, "state": state})
            self.until_trading()


@pytest.fixture(scope="module", params=GROUNDS, ids=lambda ground: ground.name)
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    ground: Ground = request.param
    with local_venue(ground.name, "--rates", "20", life_s=1200) as venue:
        home = tmp_path_factory.mktemp(ground.name) / "home"
        engine = StormEngine(venue, home, **ground.settings(venue))
        engine.start()
        one = Live(ground, engine, *next(iter(ground.listed.items())))
        one.until_trading()
        yield one
        engine.end(signal.SIGTERM)


def is_lost(status: Any) -> bool:
    return bool(status["venues"][0]["state"] == "lost")


def test_a_key_that_is_revoked_is_told_with_the_reason_and_trading_comes_back(live: Live) -> None:
    with live.during("key", {"account": "demo", "state": "revoked"}, "good"):
        live.is_refused_with("Invalid API-key, IP, or permissions")
        status = live.until(lambda said: is_lost(said) and "-2015" in str(said["venues"]))
        assert "the API key is revoked, lacks a permission" in status["venues"][0]["reason"]
    assert live.place()[0] == "FILLED"


def test_a_key_that_may_only_read_rejects_orders_in_the_venues_words(live: Live) -> None:
    with live.during("key", {"account": "demo", "state": "read-only"}, "good"):
        state, reason = live.place()
        assert state == "REJECTED"
        assert reason.startswith("Invalid API-key, IP, or permissions for action.")
        assert "lacks a permission" in reason


def test_a_banned_address_rejects_in_the_venues_words_and_waits(live: Live) -> None:
    live.engine.venue.fault("ip-ban", value=5.0, count=1)
    live.is_refused_with("IP banned until", "we sent more than the venue allows")
    live.until_trading()


@pytest.mark.parametrize("skew_ms", [-2_500.0, 2_500.0])
def test_a_clock_that_is_off_rejects_then_pauses_and_then_trades_again(
    live: Live, skew_ms: float
) -> None:
    with live.skewed(skew_ms):
        # where the venue's clock is asked just before, the order is signed by it and right
        live.is_refused_with("-1021: our clock and the venue's differ", unless="FILLED")
        status = live.until(is_lost)
        assert "clock" in status["venues"][0]["reason"]
    assert live.place()[0] == "FILLED"


def test_a_closed_market_is_denied_by_us_once_we_know(live: Live) -> None:
    symbol = {"symbol": live.listed.symbol}
    live.operate("halt", symbol)
    first = live.place()
    last = live.place_until("DENIED")
    live.operate("resume", symbol)
    assert first[0] in ("REJECTED", "DENIED")
    known = ("Market is closed", "not open for trading. (-4108: the venue", "market_closed")
    assert any(words in first[1] for words in known), first
    assert last.startswith("market_closed")
    live.place_until("FILLED")


def test_a_delisted_symbol_is_told_and_the_others_go_on(live: Live) -> None:
    other, listed = list(live.ground.listed.items())[1]
    with live.during("listing", {"symbol": live.listed.symbol, "state": "delisted"}, "listed"):
        state, reason = live.place()
        assert state in ("REJECTED", "DENIED")
        assert "Invalid symbol. (-1121: the venue does not list" in reason or "DELISTED" in reason
        assert "DELISTED" in live.place_until("DENIED")
        name = live.engine.place(other, Side.BUY, listed.quantity)
        assert live.outcome(name)[0] == "FILLED"
    live.place_until("FILLED")


def test_what_does_not_fit_the_instrument_is_denied_here_and_never_leaves(live: Live) -> None:
    """A price between ticks of USD-M, a quantity between lots and a value too small of spot."""
    listed, received = live.listed, len(live.engine.venue.log())
    if live.ground.name == "binance":
        found = [live.place(1_000, listed.far_price), live.place(listed.quantity + 1)]
        assert [reason.partition(":")[0] for _, reason in found] == ["min_notional", "off_grid"]
    else:
        found = [live.place(listed.quantity, 5_000)]
        assert found[0][1].startswith("min_notional")
    assert {state for state, _ in found} == {"DENIED"}
    assert len(live.engine.venue.log()) == received
