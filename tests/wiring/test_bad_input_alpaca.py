"""What a live run over Alpaca makes of wrong input: the venue's words, ours, the order's state."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests.adapters.local_venue import local_venue
from tests.storm.engine import StormEngine
from tests.storm.test_alpaca_storm import ALPACA
from tests.wiring.test_bad_input_binance import Live, is_lost
from tradewind.model.orders import Side
from tradewind.model.sessions import sessions_of

APPLE, GONE = "AAPL.ALPACA", "GONE.ALPACA"
SHARE = 10_000
COIN = "BTC/USD.ALPACA"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with local_venue("alpaca", "--rates", "100", life_s=1200) as venue:
        settings = {**ALPACA.settings(venue), "TRADEWIND_INSTRUMENTS": "BTC/USD,ETH/USD,AAPL,GONE"}
        engine = StormEngine(venue, tmp_path_factory.mktemp("alpaca") / "home", **settings)
        engine.start()
        one = Live(ALPACA, engine, COIN, ALPACA.listed[COIN])
        one.until_trading()
        yield one
        engine.end(signal.SIGTERM)


def test_a_key_that_is_revoked_is_told_with_the_way_out_and_trading_comes_back(live: Live) -> None:
    with live.during("account", {"account": "demo", "state": "revoked"}, "open"):
        live.is_refused_with(
            "401 request is not authorized", "check ALPACA_API_KEY and ALPACA_SECRET_KEY"
        )
        status = live.until(is_lost)
        assert "401 request is not authorized" in status["venues"][0]["reason"]
    assert live.place()[0] == "FILLED"


def test_an_account_that_is_blocked_rejects_in_the_venues_words(live: Live) -> None:
    with live.during("account", {"account": "demo", "state": "blocked"}, "open"):
        state, reason = live.place()
        assert state == "REJECTED"
        assert "403 account is restricted from trading" in reason


def test_a_banned_address_rejects_and_waits(live: Live) -> None:
    live.engine.venue.fault("ip-ban", value=5.0, count=1)
    live.is_refused_with(
        "Alpaca says 418 ", "this address is banned for a while", "nothing for 5 s"
    )
    live.until_trading()
    assert live.place()[0] == "FILLED"


@pytest.mark.parametrize("skew_ms", [-2_500.0, 2_500.0])
def test_a_clock_that_is_off_pauses_trading_and_trading_comes_back(
    live: Live, skew_ms: float
) -> None:
    """Alpaca takes orders whatever our clock says; it is we who do not trade by a wrong one."""
    live.engine.venue.fault("clock-skew", value=skew_ms)
    status = live.until(is_lost)
    assert "the venue's clock is 2" in status["venues"][0]["reason"]
    state, reason = live.place()
    assert state == "DENIED"
    assert reason.startswith("venue_lost")
    live.engine.venue.heal()
    live.until_trading()
    assert live.place()[0] == "FILLED"


def test_a_halted_symbol_is_rejected_and_a_delisted_one_denied_with_the_reason(live: Live) -> None:
    live.operate("halt", {"symbol": "BTC/USD"})
    assert live.place()[0] == "REJECTED"
    live.operate("resume", {"symbol": "BTC/USD"})
    assert live.place()[0] == "FILLED"
    state, reason = live.outcome(live.engine.place(GONE, Side.BUY, SHARE, 10_000))
    assert state == "DENIED"
    assert "Alpaca does not trade it (inactive)" in reason


def test_shares_outside_of_a_session_are_denied_with_the_next_opening(live: Live) -> None:
    xnys = sessions_of("XNYS")
    assert xnys is not None
    name = live.engine.place(APPLE, Side.BUY, SHARE, 10_000)
    if xnys.is_open(time.time_ns()):
        live.engine.cancel(name)
        live.until_trading()
        return
    state, reason = live.outcome(name)
    assert state == "DENIED"
    assert reason.startswith("market_closed: AAPL.ALPACA XNYS opens 20")


def test_what_does_not_fit_is_denied_here_or_refused_with_the_reason_and_never_leaves(
    live: Live,
) -> None:
    """A price below a penny, of crypto too, half a share of what has no fractions, too little."""
    received = len(live.engine.venue.log())
    found = [
        live.outcome(live.engine.place(APPLE, Side.BUY, SHARE, 10_050)),
        live.place(1_000, 10_001),
        live.outcome(live.engine.place(GONE, Side.BUY, SHARE + SHARE // 2, 10_000)),
        live.outcome(live.engine.place(APPLE, Side.BUY, 5, 10_000)),
        live.place(99),
    ]
    assert found == [
        ("DENIED", "off_grid: price 1.005 ticks of 0.01"),
        ("DENIED", "off_grid: price 1.0001 ticks of 0.01"),
        ("DENIED", "off_grid: quantity 1.5 lots of 1"),
        ("DENIED", "min_notional: 0.0005 1"),
        ("REJECTED", "Alpaca takes orders of BTC/USD from 0.0001 on"),
    ]
    assert len(live.engine.venue.log()) == received


def test_what_nobody_has_is_not_sold(live: Live) -> None:
    name = live.engine.place("ETH/USD.ALPACA", Side.SELL, 10_000)
    state, reason = live.outcome(name)
    assert state == "REJECTED"
    assert "403 insufficient balance for ETH (requested: 0.01, available: 0)" in reason
