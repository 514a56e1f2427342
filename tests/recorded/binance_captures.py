"""The real captures that lie beside the checkout, and what marks a test that needs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SPOT = "binance_capture/spot_btcusdt_20240808.jsonl.gz"
USDM = "binance_capture/usdm_ethusdt_20240808.jsonl.gz"

needs_real_data = pytest.mark.skipif(
    not os.environ.get("TRADEWIND_REAL_DATA"),
    reason="TRADEWIND_REAL_DATA is not set: the real Binance captures are not here",
)


def capture(name: str) -> Path:
    """Return where a capture lies."""
    return Path(os.environ["TRADEWIND_REAL_DATA"]) / name
