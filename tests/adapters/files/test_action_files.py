"""Files of corporate actions: ours, factor files and map files; real factors lose nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.adapters.files.import_files import lines_of, of_format, read, real, written
from tradewind.adapters.files.action_files import read_actions
from tradewind.adapters.memory.history import MemoryHistory
from tradewind.model.corporate_actions import CorporateAction
from tradewind.model.errors import BadData
from tradewind.model.timeframes import timerange_ns
from tradewind.runtime.adjusted import adjustment_of

STOCKS = ("spy", "aapl", "aig")


def day_ns(text: str) -> int:
    """UTC midnight of a day."""
    return timerange_ns(f"{text}-")[0] or 0


def test_our_own_lines_are_read_with_and_without_names(tmp_path: Path) -> None:
    lines = ("split,2020-08-31,4,1,", "dividend,20240510,,,0.25", "rename,2022-06-09,META,FB")
    expected = [
        CorporateAction("split", day_ns("20200831"), new="4"),
        CorporateAction("dividend", day_ns("20240510"), amount="0.25"),
        CorporateAction("rename", day_ns("20220609"), new="META", old="FB"),
    ]
    plain = written(tmp_path / "plain.csv", *lines)
    named = written(tmp_path / "named.csv", "kind,ex_date,new,old,amount", "", *lines)
    assert read_actions(plain, "csv") == read_actions(named, "csv") == expected


def test_a_factor_file_is_splits_and_dividends(tmp_path: Path) -> None:
    # AAPL paid 2.65 and two years later split 7 for 1; 2012-08-08 was a Wednesday, 2014-06-06 a
    # Friday
    rows = ("20120808,0.9957249,0.1428571,619.86", "20140606,1,0.1428571,645.57", "20501231,1,1,0")
    found = read_actions(written(tmp_path / "aapl.csv", *rows), "factor-file")
    assert found == [
        CorporateAction("dividend", day_ns("20120809"), amount="2.649963", factor="0.9957249/1"),
        CorporateAction("split", day_ns("20140609"), new="7", factor="0.1428571/1"),
    ]


def test_a_split_ratio_of_no_small_numbers_stays_as_it_is_told(tmp_path: Path) -> None:
    rows = ("20120808,1,0.12345,10", "20501231,1,1,0")
    (split,) = read_actions(written(tmp_path / "odd.csv", *rows), "factor-file")
    assert (split.new, split.old) == ("1", "0.12345")


def test_a_map_file_is_renames_and_repeats_are_none(tmp_path: Path) -> None:
    lines = ("20040819,goocv,Q", "20140402,goog,Q", "20150101,googl", "20501231,googl")
    found = read_actions(written(tmp_path / "googl.csv", *lines), "map-file")
    assert [(each.old, each.new, each.ex_date_ns) for each in found] == [
        ("GOOCV", "GOOG", day_ns("20040820")),
        ("GOOG", "GOOGL", day_ns("20140403")),
    ]


WRONG = {
    "csv": {
        "merger,2020-08-31,4,1": "line 1 is no action",
        "split,2020-02-30,4,1": "line 1: '2020-02-30' is no day",
        "split,2020-08-31,0,1": "line 1: split of 2020-08-31 (0 for 1): its numbers must be",
        "dividend,2020-08-31,,,x": "line 1: dividend of 2020-08-31 (x): 'x' is no number",
        "rename,2020-08-31,META": "a rename has an old and a new name",
        "split,2020-08-31,4,1,,5": "line 1 is no action",
    },
    "map-file": {"20140402": "line 1 is no day and name", "2014-13-01,goog": "is no day"},
    "factor-file": {"20140402,1": "date,price factor,split factor", "20140402,1,1,x": "no day and"},
}


@pytest.mark.parametrize(
    ("form", "line", "said"), [(f, line, WRONG[f][line]) for f in WRONG for line in WRONG[f]]
)
def test_what_is_no_action_is_refused_with_its_line(
    tmp_path: Path, form: str, line: str, said: str
) -> None:
    with pytest.raises(BadData) as caught:
        read_actions(written(tmp_path / "wrong.csv", line), form)
    assert said in str(caught.value)


@pytest.mark.parametrize("stock", STOCKS)
def test_real_bars_stored_raw_are_adjusted_as_the_factor_file_says(stock: str) -> None:
    path, file = real(f"us_equity/daily/{stock}.zip"), real(f"us_equity/factor_files/{stock}.csv")
    raw = of_format("us-equity", f"{stock.upper()}.LEAN")
    history = MemoryHistory()
    history.write(read("us-equity", path, raw, timeframe="1d"), timeframe="1d")
    history.write_actions(raw.id, read_actions(file, "factor-file"))
    rows, table = lines_of(path), lines_of(file)
    bars = history.read("bars", raw.id, timeframe="1d")
    adjusted = adjustment_of(history, raw.id, "all").of(bars)
    only_splits = adjustment_of(history, raw.id, "splits").of(bars)
    for place, name in ((1, "open"), (4, "close")):
        factors = [next(line for line in table if line[0] >= row[0][:8]) for row in rows]
        units = [Decimal(row[place]) * 100 for row in rows]
        both = [u * Decimal(f[1]) * Decimal(f[2]) for u, f in zip(units, factors, strict=True)]
        split = [u * Decimal(f[2]) for u, f in zip(units, factors, strict=True)]
        assert adjusted[name].tolist() == [
            int(p.to_integral_value("ROUND_HALF_EVEN")) for p in both
        ]
        if stock != "spy":  # which was never split
            expected = [int(p.to_integral_value("ROUND_HALF_EVEN")) for p in split]
            assert only_splits[name].tolist() == expected


def test_real_splits_have_the_ratios_that_everybody_knows() -> None:
    found = read_actions(real("us_equity/factor_files/aapl.csv"), "factor-file")
    splits = [(each.ex_date_ns, each.new, each.old) for each in found if each.kind == "split"]
    assert splits == [
        (day_ns("20000621"), "2", "1"),
        (day_ns("20050228"), "2", "1"),
        (day_ns("20140609"), "7", "1"),
        (day_ns("20200831"), "4", "1"),
    ]
