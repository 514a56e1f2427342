"""Rows a second into PostgreSQL by COPY, and one-minute bars of a day read, against bare COPY.

Starts a PostgreSQL of its own. Time is that of the wall, as the server is another process.

What limits it: the server, which writes rows and their log; the yardstick copies the same bytes
into a table without index, partitions or merging.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import psycopg
from _measure import report, sized

from tradewind.adapters.postgres.binary_rows import places, to_binary
from tradewind.adapters.postgres.history import PostgresHistory
from tradewind.adapters.sql.bounded import address
from tradewind.model.columns import Columns
from tradewind.model.instruments import Instrument

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers.postgres_server import new_server

TARGET = 0.3
ROWS = sized(1_000_000, 20_000)
INSTRUMENTS = sized(20, 3)
MINUTE_NS = 60_000_000_000
DAY_NS = 86_400_000_000_000
START_NS = 20_000 * DAY_NS
BTC = Instrument("BTC/USDT.SIM", tick="0.01", lot="0.00001")


def trades(day: int) -> Columns:
    """A day of trades."""
    times = START_NS + day * DAY_NS + np.arange(ROWS) * (DAY_NS // ROWS)
    arrays = {
        "time_ns": times,
        "price": 6_000_000 + np.arange(ROWS) % 1000,
        "size": np.ones(ROWS, np.int64),
        "side": np.ones(ROWS, np.int64),
    }
    return Columns("trades", BTC, arrays)


def minute_bars(number: int) -> Columns:
    """Thirty days of one-minute bars of an instrument."""
    opens = START_NS + np.arange(30 * 1440) * MINUTE_NS
    price = np.full(len(opens), 10_000)
    arrays = {"open_time_ns": opens, "close_time_ns": opens + MINUTE_NS}
    arrays |= dict.fromkeys(("open", "high", "low", "close", "volume"), price)
    instrument = Instrument(f"A{number}/USD.SIM", tick="0.01", lot="1")
    return Columns("bars", instrument, arrays)


def bare_copy_s(url: str, rows: Columns) -> float:
    """Seconds of the same bytes into a plain table."""
    message = to_binary(1, places(rows["time_ns"]), list(rows.arrays.values()))
    with psycopg.connect(address(url), autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS bare (series_id int, place int, time_ns bigint, "
            "price bigint, size bigint, side bigint)"
        )
        connection.execute("TRUNCATE bare")
        start = time.perf_counter()
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY bare FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.write(message)
        return time.perf_counter() - start


def stored_s(history: PostgresHistory, rows: Columns) -> float:
    """Seconds to store a day that is not there yet, durably."""
    start = time.perf_counter()
    history.write(rows)
    return time.perf_counter() - start


def day_of_bars_ms(history: PostgresHistory) -> float:
    """Milliseconds to read a day of one-minute bars, each time of another instrument and day."""
    for number in range(INSTRUMENTS):
        history.write(minute_bars(number), timeframe="1m")
    found = []
    for day in range(INSTRUMENTS):
        start = time.perf_counter()
        read = history.read(
            "bars", f"A{day}/USD.SIM", timeframe="1m",
            start_ns=START_NS + day * DAY_NS, end_ns=START_NS + (day + 1) * DAY_NS,
        )  # fmt: skip
        found.append((time.perf_counter() - start) * 1000)
        assert len(read) == 1440
    return statistics.median(found)


def main() -> int:
    """Measure and print."""
    server = new_server()
    try:
        server.start()
        url = server.new_database()
        history = PostgresHistory(url)
        stored, bare = zip(
            *((stored_s(history, trades(day)), bare_copy_s(url, trades(day))) for day in range(5)),
            strict=True,
        )
        bars_ms = day_of_bars_ms(history)
        history.close()
    finally:
        server.stop()
    rows, bare_rows = ROWS / min(stored), ROWS / min(bare)
    return report(
        "history_postgres", rows, "rows/s", floor=bare_rows, ratio=rows / bare_rows, target=TARGET,
        day_of_bars_ms=bars_ms,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
