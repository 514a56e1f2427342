"""alpha_vantage, unmodified, reads the local Alpha Vantage venue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.venue.judges.judge import account, foreign_python, local_venue, verdict

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What the client saw."""
    python = foreign_python("alpha_vantage==3.0.0")
    with local_venue("alpha-vantage", "--clock", "2026-11-20T15:30:00Z", "--still") as about:
        keys = [account(about, name)["key"] for name in ("demo", "free")]
        return verdict(python, "judge_alpha_vantage.py", about["url"], *keys)


def test_it_reads_series_newest_first(seen: dict[str, Any]) -> None:
    assert seen["intraday"] == [True, True]
    assert (seen["zone"], seen["compact"]) == ("US/Eastern", 100)
    days, close = seen["daily"]
    assert days in range(245, 251)  # of whole blocks
    assert seen["quote"] == ["AAPL", close]
    assert seen["weekly"] == ["2026-11-20", "2026-11-13"]


def test_it_sees_the_split(seen: dict[str, Any]) -> None:
    assert seen["split"] == "4.0"


def test_it_reads_currencies_crypto_and_csv(seen: dict[str, Any]) -> None:
    assert (seen["rate"], seen["fx"], seen["crypto"]) == (True, 100, True)
    assert seen["csv"] == ["timestamp", "open", "high", "low", "close", "volume"]


def test_errors_and_limits_come_in_the_body(seen: dict[str, Any]) -> None:
    symbol, key, premium, limit = seen["errors"]
    assert symbol.startswith("Invalid API call.")
    assert "apikey" in key
    assert "premium" in premium
    assert "5 calls per minute" in limit
