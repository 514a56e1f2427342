"""Signals as plain Python and compiled: the same numbers to the last bit."""

import os
import subprocess
import sys

# Prints a hash of every output of every signal over one seeded walk, and of its last snapshot.
PROGRAM = """
import hashlib, random
import msgspec, numpy as np
from tradewind.signals.adx import ADX
from tradewind.signals.atr import ATR
from tradewind.signals.band import Band
from tradewind.signals.bollinger import Bollinger
from tradewind.signals.crossing import Crossing
from tradewind.signals.deviation import Deviation
from tradewind.signals.ema import EMA
from tradewind.signals.macd import MACD
from tradewind.signals.rsi import RSI
from tradewind.signals.signal import run
from tradewind.signals.sma import SMA
from tradewind.signals.vwap import VWAP
from tradewind.signals.zscore import ZScore

chance = random.Random(11)
close = np.cumsum([chance.gauss(0, 1) for _ in range(3_000)]) + 100.0
close[1_000:1_100] = close[1_000]
columns = {"close": close, "price": close, "high": close + 0.7, "low": close - 0.3}
columns["volume"] = np.array([float(chance.randrange(9)) for _ in close])
for signal in (ADX(), ATR(), Bollinger(), Deviation(9, ddof=1), EMA(9), MACD(), RSI(), SMA(9),
               VWAP(), ZScore(9), Crossing(EMA(3), RSI(2)), Band(ZScore(9), low=-1, high=1)):
    values = run(signal, *(columns[name] for name in signal.inputs))
    state = msgspec.msgpack.encode(signal.snapshot())
    print(type(signal).__name__, hashlib.sha256(values.tobytes() + state).hexdigest())
"""


def hashes(*, pure: str) -> list[str]:
    environment = {**os.environ, "TRADEWIND_PURE": pure}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_plain_and_compiled_signals_agree_to_the_last_bit() -> None:
    plain = hashes(pure="1")
    assert len(plain) == 12
    assert plain == hashes(pure="0")
