"""A strategy over real captures: it trades, and the same rows give the same run."""

from __future__ import annotations

import pytest

from tests.recorded.binance_captures import SPOT, USDM, capture, needs_real_data
from tradewind.adapters.binance.capture import read_capture
from tradewind.adapters.binance.instruments import KNOWN
from tradewind.model.columns import concatenate
from tradewind.runtime.backtest import BacktestResult, backtest
from tradewind.strategies.market_maker import MarketMaker

pytestmark = needs_real_data


def run(name: str, instrument_id: str) -> BacktestResult:
    batches = list(read_capture(capture(name), KNOWN[instrument_id]))
    data = [
        concatenate([batch for batch in batches if batch.kind == kind])
        for kind in ("quotes", "trades", "depth")
    ]
    return backtest(MarketMaker(), instrument=KNOWN[instrument_id], data=data, cash="100000")


@pytest.mark.parametrize(
    ("name", "instrument_id"), [(SPOT, "BTC/USDT.BINANCE"), (USDM, "ETH/USDT.BINANCE-USDM")]
)
def test_a_market_maker_trades_over_a_capture_and_a_second_run_is_the_same(
    name: str, instrument_id: str
) -> None:
    first, second = run(name, instrument_id), run(name, instrument_id)
    assert len(first.fills) > 0
    assert (first.journal_hash, first.state_hash) == (second.journal_hash, second.state_hash)
    assert first.end_equity == second.end_equity
