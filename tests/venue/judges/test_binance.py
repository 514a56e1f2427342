"""Clients of Binance that others wrote, unmodified, trade on the local venues."""

from __future__ import annotations

import json

import pytest

from tests.venue.judges.judge import CCXT, foreign_python, local_venue, verdict

SDK = ("binance-sdk-spot==13.2.0",)
CONNECTOR = ("binance-connector==3.13.0",)
PYTHON_BINANCE = ("python-binance==1.0.37",)

# The first run of a checkout installs each client, which takes minutes where the machine is busy.
pytestmark = pytest.mark.timeout(600)


def is_judged(packages: tuple[str, ...], script: str, venue: str, *options: str) -> bool:
    """True where a script, which checks with `assert`, came to its end."""
    python = foreign_python(*packages)
    with local_venue(venue, *options) as about:
        return verdict(python, script, json.dumps(about)) == {"judged": True}


def test_ccxt_trades_on_the_local_binance() -> None:
    assert is_judged(CCXT, "judge_ccxt_spot.py", "binance")


def test_two_accounts_meet_through_ccxt() -> None:
    assert is_judged(CCXT, "judge_ccxt_accounts.py", "binance", "--still")


def test_ccxt_trades_on_the_local_usdm() -> None:
    assert is_judged(CCXT, "judge_ccxt_usdm.py", "binance-usdm")


def test_binances_own_sdk_trades_on_the_local_binance() -> None:
    assert is_judged(SDK, "judge_sdk_spot.py", "binance")


@pytest.mark.long
def test_the_connector_trades_on_the_local_binance() -> None:
    assert is_judged(CONNECTOR, "judge_connector.py", "binance")


@pytest.mark.long
def test_python_binance_trades_on_the_local_binance() -> None:
    assert is_judged(PYTHON_BINANCE, "judge_python_binance.py", "binance")
