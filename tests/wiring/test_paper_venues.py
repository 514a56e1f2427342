"""Runs over venues that give market data only, and the sentences of what they cannot do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.local_venue import local_venue


def tradewind(home: Path, environment: dict[str, str], *words: str) -> tuple[int, str]:
    """One run that ends by itself: its exit code and all that it said."""
    command = [sys.executable, "-m", "tradewind", "run", "--without-gateway", "--for", "3"]
    base = {"TRADEWIND_STRATEGIES": "none", "MAX_POSITION_SIZE": "100", "RISK_PER_TRADE": "1"}
    live = {"ENABLE_LIVE_TRADING": "true", "LIVE_TRADING_CONFIRM": "me"}
    done = subprocess.run(
        [*command, "--home", str(home), *words],
        env={**os.environ, **base, **live, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


def test_massive_gives_prices_to_a_run_on_paper(tmp_path: Path) -> None:
    with local_venue("massive") as venue:
        environment = {
            "MASSIVE_ADDRESS": venue.address,
            "MASSIVE_API_KEY": venue.account("demo")["key"],
            "MASSIVE_REQUESTS_PER_MINUTE": "600",
        }
        words = ("--venue", "massive", "--instruments", "BTC/USD", "--json")
        code, output = tradewind(tmp_path / "home", environment, *words)
    assert code == 0, output
    summary = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert summary["mode"] == "paper"
    assert summary["counts"]["market_rows"] > 0
    assert [row["instrument"] for row in summary["market"]] == ["BTC/USD.MASSIVE"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("massive", "--mode", "live"), "Massive takes no orders: use --mode paper"),
        (("massive",), "Massive gives market data to a key only"),
        (
            ("ccxt:kraken", "--mode", "live", "--instruments", "BTC/USD"),
            "orders at kraken through ccxt were never tried",
        ),
        (("ccxt:kraken",), "name what to trade, --instruments BTC/USD"),
        (("alpha-vantage",), "there is no venue 'alpha-vantage': choose from"),
    ],
)
def test_what_a_venue_cannot_do_is_one_sentence(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    environment = {"MASSIVE_API_KEY": "", "POLYGON_API_KEY": ""}
    code, output = tradewind(tmp_path / "home", environment, "--venue", *words)
    assert code == 2, output
    assert said in output
    assert "Traceback" not in output
