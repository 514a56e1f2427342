"""A run over the local USD-M venue: paper, keys, and money that funding moves."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue
from tests.storm.engine import StormEngine
from tests.storm.test_venue_storm import usdm_settings
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.model import messages as m
from tradewind.model.orders import Side
from tradewind.ports.journal import numbered

COIN = "BTC/USDT.BINANCE-USDM"
LIVE = ("run", "--mode", "live", "--without-gateway", "--for", "2")
PAPER = ("run", "--mode", "paper", "--without-gateway", "--for", "3", "--json")


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with local_venue("binance-usdm", "--seed", "3") as running:
        yield running


def settings(venue: LocalVenue, **others: str) -> dict[str, str]:
    return {**usdm_settings(venue), "TRADEWIND_INSTRUMENTS": "BTC/USDT", **others}


def tradewind(home: Path, environment: dict[str, str], *words: str) -> tuple[int, str]:
    """One command that ends by itself: its exit code and all that it said."""
    command = [sys.executable, "-m", "tradewind", *words, "--home", str(home)]
    base = {"ENABLE_LIVE_TRADING": "true", "MAX_POSITION_SIZE": "1000", "RISK_PER_TRADE": "1"}
    done = subprocess.run(
        command,
        env={**os.environ, **base, "TRADEWIND_STRATEGIES": "none", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


def test_paper_needs_no_key_has_the_venues_prices_and_sends_it_no_order(
    venue: LocalVenue, tmp_path: Path
) -> None:
    environment = settings(venue, BINANCE_API_KEY="", BINANCE_API_SECRET="")
    environment |= {"TRADEWIND_STRATEGIES": "ma_crossover", "TRADEWIND_INSTRUMENTS": ""}
    before = len(venue.log())
    code, output = tradewind(tmp_path / "home", environment, *PAPER)
    assert code == 0, output
    summary = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert summary["mode"] == "paper"
    assert summary["counts"]["market_rows"] > 0
    assert COIN in {row["instrument"] for row in summary["market"]}
    assert len(venue.log()) == before


def test_connect_stores_keys_that_a_run_finds_and_nobody_can_read(
    venue: LocalVenue, tmp_path: Path
) -> None:
    home, environment = tmp_path / "home", settings(venue)
    code, output = tradewind(home, environment, "connect", "binance-usdm", "--json")
    assert code == 0, output
    answer = json.loads(output)
    assert (answer["account"], answer["can_trade"], answer["can_withdraw"]) == (
        "demo1",
        True,
        False,
    )
    stored = Path(answer["stored"])
    assert stored.stat().st_mode & 0o777 == 0o600
    assert venue.first["secret"] not in stored.read_text()
    environment |= {"BINANCE_API_KEY": "", "BINANCE_API_SECRET": ""}
    code, output = tradewind(home, environment, *LIVE)
    assert code == 0, output


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"BINANCE_API_KEY": "k" * 64}, "Invalid API-key"),
        ({"BINANCE_API_SECRET": "s" * 64}, "Signature for this request is not valid"),
        ({"LIVE_TRADING_CONFIRM": "2"}, "LIVE_TRADING_CONFIRM=2 is not the account of this key"),
        ({"TRADEWIND_INSTRUMENTS": "NOPE/USDT"}, "NOPE/USDT.BINANCE-USDM is not listed"),
    ],
)
def test_a_live_run_that_cannot_be_ends_with_one_sentence(
    venue: LocalVenue, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    code, output = tradewind(tmp_path / "home", settings(venue, **changed), *LIVE)
    assert code in (1, 2), output
    assert said in output
    assert "Traceback" not in output


def payments(engine: StormEngine) -> list[m.CashPosted]:
    """What the journal has of money without executions."""
    with closing(read_journal(engine.home / "journal")) as journal:
        records = [record for group in journal.groups() for _, record in numbered(group)]
    return [record for record in records if isinstance(record, m.CashPosted)]


def test_funding_is_booked_as_funding_once_over_a_restart_and_a_deposit_still_halts(
    venue: LocalVenue, tmp_path: Path
) -> None:
    engine = StormEngine(venue, tmp_path / "home", **settings(venue))
    engine.start()
    engine.wait_until_healed()
    engine.place(COIN, Side.BUY, 20)
    engine.wait_until(lambda status: status["positions"], "bought")
    venue.operate("POST", "funding", {"symbol": "BTCUSDT"})
    engine.wait_until(lambda _: payments(engine), "funding posted")
    engine.end(signal.SIGKILL)
    venue.operate("POST", "funding", {"symbol": "BTCUSDT"})
    engine.start()
    engine.wait_until(lambda _: len(payments(engine)) > 1, "funding posted")
    engine.wait_until_healed()
    first, second = payments(engine)
    assert {(one.kind, one.currency, one.instrument) for one in (first, second)} == {
        ("funding", "USDT", COIN)
    }
    assert first.reference != second.reference
    assert first.amount < 0
    assert second.amount < 0
    venue.operate("POST", "deposit", {"account": "demo", "asset": "USDT", "amount": "25"})
    status = engine.wait_until(lambda said: said["halts"] and said["differences"], "halted")
    assert [row["kind"] for row in status["differences"]] == ["balance"]
    assert len(payments(engine)) == 2
    engine.end(signal.SIGTERM)
