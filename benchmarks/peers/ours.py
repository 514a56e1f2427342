"""Our side of the workloads that peers run: writes their data, or runs over it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import bars
import depth
import depth_fills
import floor
import trades
from _measure import sized, timed

import tradewind as tw

ROUNDS = 3


def bars_rows() -> floor.Rows:
    """Bars of `bars.py`."""
    return floor.bar_rows(sized(500_000, 20_000))


def trades_rows() -> floor.Rows:
    """Trades of `trades.py`."""
    return floor.trade_rows(sized(1_000_000, 50_000))


def depth_fills_rows() -> floor.Rows:
    """Depth and trades of `depth_fills.py`, each with its prefix."""
    rows = depth.depth_rows(sized(1_000_000, 50_000))
    parts = (("depth", rows), ("trades", depth_fills.trade_rows(rows)))
    return {f"{kind}_{name}": array for kind, part in parts for name, array in part.items()}


def columns_of(rows: Any, kind: Any, prefix: str = "") -> tw.Columns:
    """The columns of one kind in a file."""
    arrays = {
        name.removeprefix(prefix): rows[name] for name in rows.files if name.startswith(prefix)
    }
    return tw.Columns(kind, floor.INSTRUMENT, arrays)


def run_bars(rows: Any) -> Callable[[], tw.BacktestResult]:
    """The cross over bars."""
    columns = columns_of(rows, "bars")
    return lambda: bars.run(columns)


def run_trades(rows: Any) -> Callable[[], tw.BacktestResult]:
    """A callback on each trade."""
    columns = columns_of(rows, "trades")
    return lambda: trades.run(columns)


def run_depth_fills(rows: Any) -> Callable[[], tw.BacktestResult]:
    """Two orders in the book."""
    depths = columns_of(rows, "depth", "depth_")
    prints = columns_of(rows, "trades", "trades_")
    return lambda: depth_fills.run(depths, prints)


WRITERS = {"bars": bars_rows, "trades": trades_rows, "depth_fills": depth_fills_rows}
RUNNERS = {"bars": run_bars, "trades": run_trades, "depth_fills": run_depth_fills}


def main(workload: str, action: str, path: str) -> None:
    """Write the file, or run over it and print seconds of CPU, rows and fills."""
    if action == "write":
        np.savez(path, **WRITERS[workload]())
        return
    rows = np.load(path)
    run = RUNNERS[workload](rows)
    seconds = min(timed(run)() for _ in range(ROUNDS))
    result = run()
    count = sum(len(rows[name]) for name in rows.files if name.endswith(("price", "close")))
    print(json.dumps({"seconds": seconds, "rows": count, "fills": len(result.fills)}))


if __name__ == "__main__":
    main(*sys.argv[1:4])
