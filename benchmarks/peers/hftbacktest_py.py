"""hftbacktest over the rows of `benchmarks/depth_fills.py`: its strategy compiled, every 100 ms."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LIMIT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit

STEP_NS = 100_000_000
AT_ONCE = False
"""Whether a call waits for its answer."""
FEED_NS = 1_000_000


@njit
def trade(hbt: Any) -> int:
    """Two orders, moved every 100 ms."""
    number = 0
    while hbt.elapse(STEP_NS) == 0:
        hbt.clear_inactive_orders(0)
        orders = hbt.orders(0)
        values = orders.values()
        while values.has_next():
            order = values.get()
            if order.cancellable:
                hbt.cancel(0, order.order_id, AT_ONCE)
        number += 1
        hbt.submit_buy_order(0, number, 9999.99, 1.0, GTC, LIMIT, AT_ONCE)
        number += 1
        hbt.submit_sell_order(0, number, 10000.01, 1.0, GTC, LIMIT, AT_ONCE)
    return number


def events_of(rows: Any) -> Any:
    """Both kinds of rows as the feed wants them, in the order of their times."""
    tables = []
    for prefix, kind in (("depth", DEPTH_EVENT), ("trades", TRADE_EVENT)):
        times = rows[f"{prefix}_time_ns"]
        events = np.zeros(len(times), event_dtype)
        side = np.where(rows[f"{prefix}_side"] > 0, BUY_EVENT, SELL_EVENT)
        events["ev"] = kind | side | EXCH_EVENT | LOCAL_EVENT
        events["exch_ts"] = times + FEED_NS
        events["local_ts"] = times + FEED_NS
        events["px"] = rows[f"{prefix}_price"] / 100
        events["qty"] = rows[f"{prefix}_size"]
        tables.append(events)
    joined = np.concatenate(tables)
    return joined[np.argsort(joined["local_ts"], kind="stable")]


def run(events: Any) -> tuple[float, float]:
    """Seconds of CPU of one replay, and how much was traded."""
    asset = (
        BacktestAsset()
        .data([events])
        .linear_asset(1.0)
        .constant_order_latency(1_000_000, 1_000_000)
        .power_prob_queue_model(3.0)
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(0.01)
        .lot_size(1.0)
    )
    hbt = HashMapMarketDepthBacktest([asset])
    start = time.process_time()
    trade(hbt)
    seconds = time.process_time() - start
    fills = float(hbt.state_values(0).num_trades)
    hbt.close()
    return seconds, fills


def main() -> None:
    """Compile on the first rows, then replay all."""
    events = events_of(np.load(sys.argv[1]))
    run(events[:10_000])
    seconds, fills = min(run(events) for _ in range(3))
    print(json.dumps({"seconds": seconds, "rows": len(events), "fills": fills}))


if __name__ == "__main__":
    main()
