"""The simulated market is the same on processors with and without vector units."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import msgspec
from numpy._core import _multiarray_umath

from tradewind.sim.demo import INSTRUMENTS, PARAMETERS, demo_market
from tradewind.sim.market_bars import generate_bars

SECOND_NS = 1_000_000_000
START_NS = 1_700_000_000 * SECOND_NS


def market_digest() -> str:
    """Hash of two minutes of ticks, of the hidden floats behind them, of 1,000 bars each."""
    market = demo_market(7, START_NS)
    batches = market.advance(START_NS + 120 * SECOND_NS)
    batches += [
        generate_bars(
            instrument,
            7,
            start_time_ns=START_NS,
            duration_ns=60 * SECOND_NS,
            count=1_000,
            parameters=PARAMETERS[instrument.id],
        )
        for instrument in INSTRUMENTS
    ]
    digest = hashlib.sha256(msgspec.msgpack.encode(market.snapshot()))
    for columns in batches:
        for name, column in sorted(columns.arrays.items()):
            digest.update(f"{columns.instrument.id} {columns.kind} {name}".encode())
            digest.update(column.tobytes())
    return digest.hexdigest()


def test_the_rows_do_not_depend_on_the_vector_unit() -> None:
    script = "from tests.sim.test_market_portability import market_digest; print(market_digest())"
    features = " ".join(_multiarray_umath.__cpu_dispatch__)
    plain = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": features},
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout.strip() == market_digest()
