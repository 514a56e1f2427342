"""Zipped FX quotes: the file's own zone, sizes that are asked for, the real files without loss."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.files.import_files import lines_of, of_format, read, real, real_files, zipped
from tradewind.model.errors import BadData, UserError

EURO = of_format("fx-tick", "EUR/USD.FXCM")
PAYROLLS_NS = 1_399_033_800_000_000_000  # 2014-05-02 12:30 UTC
MEMBER = "20140502_eurusd_tick_quote.csv"


def test_milliseconds_count_from_midnight_five_hours_behind_utc(tmp_path: Path) -> None:
    path = zipped(tmp_path / "20140502_quote.zip", MEMBER, "27000000,1.38726,1.38727")
    quotes = read("fx-tick", path, EURO)
    assert quotes["time_ns"].tolist() == [PAYROLLS_NS]
    assert quotes["bid"].tolist() == [138726]
    assert quotes["bid_size"].tolist() == [0]
    in_utc = read("fx-tick", path, EURO, zone="UTC", quote_size="1000000")
    assert in_utc["time_ns"].tolist() == [PAYROLLS_NS - 5 * 3_600_000_000_000]
    assert in_utc["ask_size"].tolist() == [1_000_000]


def test_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="has 2 columns, not 3"):
        read("fx-tick", zipped(tmp_path / "a.zip", MEMBER, "1,1.5"), EURO)
    with pytest.raises(BadData, match=r"line 1, column 'ask': 1.000001 has more than 5 digits"):
        read("fx-tick", zipped(tmp_path / "a.zip", MEMBER, "1,1.5,1.000001"), EURO)
    with pytest.raises(UserError, match="'some' is not a number"):
        read("fx-tick", zipped(tmp_path / "a.zip", MEMBER, "1,1,1"), EURO, quote_size="some")


@pytest.mark.parametrize("day", ["01", "02", "04", "05", "06", "07", "08", "09"])
def test_a_real_day_is_read_without_loss(day: str) -> None:
    path = real(f"fx/eurusd_tick/201405{day}_quote.zip")
    quotes, rows = read("fx-tick", path, EURO), lines_of(path)
    assert len(quotes) == len(rows)
    for name, place in (("bid", 1), ("ask", 2)):
        assert int(quotes[name].sum()) == sum(Decimal(row[place]) for row in rows) * 100_000
        assert quotes[name][::997].tolist() == [
            int(Decimal(r[place]) * 100_000) for r in rows[::997]
        ]
    times = quotes["time_ns"] // 1_000_000
    assert (times - times[0]).tolist() == [int(row[0]) - int(rows[0][0]) for row in rows]


def test_the_real_payrolls_move_the_price_when_they_were_published() -> None:
    paths = real_files("fx/eurusd_tick", "20140502_quote.zip")
    quotes = read("fx-tick", paths[0], EURO)
    minutes = quotes["time_ns"] // 60_000_000_000
    ranges = {
        int(minute): int(np.ptp(quotes["bid"][minutes == minute])) for minute in np.unique(minutes)
    }
    assert max(ranges, key=lambda minute: ranges[minute]) == PAYROLLS_NS // 60_000_000_000
