"""`tradewind replay`: runs a strategy over a recorded file of a venue's messages."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tradewind.adapters.binance.capture import (
    CaptureStatistics,
    infer_instrument,
    read_capture,
)
from tradewind.cli.output import add_json_option
from tradewind.cli.run_answer import print_run, run_answer
from tradewind.cli.run_options import (
    add_strategy_argument,
    add_terms_arguments,
    buffer_of,
    cash_of,
    fees_of,
    latency_of,
    slippage_of,
    strategy_of,
)
from tradewind.runtime.replay import replay
from tradewind.runtime.simulated_run import RunTerms
from tradewind.sim.venue import SimulatedVenue
from tradewind.strategies.base import Parameter

EXAMPLE = (
    "tradewind replay spot_btcusdt_20240808.jsonl.gz --instrument BTC/USDT.BINANCE "
    "--strategy market_maker --param quantity=0.01"
)

PARAMETERS: dict[tuple[str, str], dict[str, Parameter]] = {
    ("market_maker", "BTC/USDT.BINANCE"): {"quantity": "0.01"},
    ("market_maker", "ETH/USDT.BINANCE-USDM"): {"quantity": "0.1"},
}
"""Parameters that suit an instrument's prices, where `--param` gives no other."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `replay`."""
    parser.add_argument("file", metavar="FILE", help="a Binance capture: .jsonl or .jsonl.gz")
    parser.add_argument("--instrument", required=True, metavar="ID", help="like BTC/USDT.BINANCE")
    add_strategy_argument(parser, "--strategy")
    add_terms_arguments(parser)
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replay the file; 0, or 1 where the strategy was stopped by its own error."""
    suited = PARAMETERS.get((arguments.strategy, arguments.instrument), {})
    strategy = strategy_of(arguments.strategy, arguments.param, suited)
    venue = SimulatedVenue(
        fees=fees_of(arguments),
        slippage=slippage_of(arguments),
        latency=latency_of(arguments),
        seed=arguments.seed,
    )
    terms = RunTerms(
        cash=cash_of(arguments),
        size=arguments.size,
        cash_buffer=buffer_of(arguments),
        mark=arguments.mark,
    )
    path = Path(arguments.file)
    instrument = infer_instrument(path, arguments.instrument)
    counts = CaptureStatistics()
    result = replay(strategy, read_capture(path, instrument, counts), venue, terms)
    answer: dict[str, Any] = {
        "file": arguments.file,
        "instrument": arguments.instrument,
        "strategy": arguments.strategy,
        "parameters": {name: str(value) for name, value in strategy.parameters().items()},
        **capture_answer(counts),
        **run_answer(result),
        "metrics": result.metrics,
    }
    return print_run(answer, arguments)


def capture_answer(counts: CaptureStatistics) -> dict[str, int]:
    """What was read, under the names that are printed."""
    return {
        "frames": counts.frames,
        "trades": counts.trades,
        "quotes": counts.quotes,
        "depth_updates": counts.depth_updates,
        "depth_updates_applied": counts.depth_applied,
        "depth_updates_dropped": counts.depth_dropped,
        "depth_snapshots": counts.depth_snapshots,
        "gaps": counts.depth_gaps,
        "books_compared": counts.tops_compared,
        "books_equal": counts.tops_equal,
        "bad_ticks": counts.bad_ticks,
        "frames_skipped": counts.skipped,
    }
