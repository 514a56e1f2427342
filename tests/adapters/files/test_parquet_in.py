"""Parquet from others: every type of number and time exactly, and refusals by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.adapters.files.import_files import BITCOIN, GOOG, read, read_all
from tradewind.adapters.files import parquet_in
from tradewind.model.errors import BadData, UserError

NS = 1_709_303_400_000_000_000
TIME = "TIMESTAMP '2024-03-01 14:30:00'"


def parquet(path: Path, select: str, metadata: str = "{}") -> Path:
    """Write what a query selects to a file."""
    keys = f", KV_METADATA {metadata}" if metadata != "{}" else ""
    duckdb.execute(f"COPY (SELECT {select}) TO '{path}' (FORMAT parquet{keys})")
    return path


def trades(
    path: Path, time: str = f"{NS}::BIGINT", price: str = "1.5", metadata: str = "{}"
) -> Any:
    """Return a file of one trade as it is read."""
    select = f"{time} AS time_ns, {price} AS price, 3 AS size, 1 AS side"
    return read("parquet", parquet(path / "x.parquet", select, metadata), kind="trades")


PRICES = {
    "DOUBLE": "1.07::DOUBLE",
    "FLOAT": "1.07::FLOAT",
    "DECIMAL": "1.0700::DECIMAL(18, 4)",
    "wide DECIMAL": "1.07::DECIMAL(38, 20)",
    "VARCHAR": "'1.07'",
}


@pytest.mark.parametrize("kind", PRICES)
def test_a_price_is_exact_whatever_its_type(tmp_path: Path, kind: str) -> None:
    assert trades(tmp_path, price=PRICES[kind])["price"].tolist() == [107]


@pytest.mark.parametrize("kind", ["TINYINT", "UINTEGER", "BIGINT", "UBIGINT", "HUGEINT"])
def test_an_integer_is_a_whole_value(tmp_path: Path, kind: str) -> None:
    assert trades(tmp_path, price=f"7::{kind}")["price"].tolist() == [700]


def test_an_integer_is_units_where_the_file_says_so(tmp_path: Path) -> None:
    metadata = "{price_digits: '4', quantity_digits: '0'}"
    assert trades(tmp_path, price="10700", metadata=metadata)["price"].tolist() == [107]


def test_a_decimal_that_a_float_would_round_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"row 0, column 'price': .* has more than 2 digits"):
        trades(tmp_path, price="1234567890.12000001::DECIMAL(18, 8)")


TIMES = {
    "BIGINT": f"{NS}::BIGINT",
    "TIMESTAMP": TIME,
    "TIMESTAMP_NS": f"{TIME}::TIMESTAMP_NS",
    "TIMESTAMP_MS": f"{TIME}::TIMESTAMP_MS",
    "TIMESTAMPTZ": "TIMESTAMPTZ '2024-03-01 14:30:00+00'",
    "VARCHAR": "'2024-03-01 14:30:00'",
    "VARCHAR with offset": "'2024-03-01T09:30:00-05:00'",
}


@pytest.mark.parametrize("kind", TIMES)
def test_a_time_is_exact_whatever_its_type(tmp_path: Path, kind: str) -> None:
    assert trades(tmp_path, time=TIMES[kind])["time_ns"].tolist() == [NS]


def test_milliseconds_under_another_name_are_known_by_their_length(tmp_path: Path) -> None:
    select = f"{NS // 10**6} AS timestamp, 1.5 AS price, 3 AS size, 1 AS side"
    path = parquet(tmp_path / "x.parquet", select)
    assert read("parquet", path, kind="trades")["time_ns"].tolist() == [NS]


def test_days_open_at_midnight_of_the_zone(tmp_path: Path) -> None:
    select = "DATE '2024-03-01' AS date, 1 AS open, 1 AS high, 1 AS low, 1 AS close, 1 AS volume"
    path = parquet(tmp_path / "x.parquet", select)
    bars = read("parquet", path, timeframe="1d", zone="America/New_York")
    assert bars["open_time_ns"].tolist() == [1_709_269_200_000_000_000]


def test_columns_of_other_names_are_mapped(tmp_path: Path) -> None:
    select = f'{NS} AS "a ""b", 1.5 AS p, 3 AS q, 1 AS side'
    path = parquet(tmp_path / "x.parquet", select)
    names = {"time": 'a "b', "price": "p", "size": "q"}
    with pytest.raises(UserError, match="no column 'q '"):
        read("parquet", path, kind="trades", columns=names | {"size": "q "})
    found = read("parquet", path, kind="trades", columns=names, time_format="ns")
    assert found["price"].tolist() == [150]


def test_batches_join_without_losing_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_in, "BATCH_ROWS", 7)
    select = "range AS time_ns, range + 0.25 AS price, range AS size, 1 AS side FROM range(1, 100)"
    path = parquet(tmp_path / "x.parquet", select)
    reading, found = read_all("parquet", path, BITCOIN, kind="trades")
    assert reading.kind == "trades"
    assert found["size"].tolist() == [number * 100_000 for number in range(1, 100)]


def test_an_empty_field_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="row 0, column 'price' is empty"):
        trades(tmp_path, price="NULL::DOUBLE")


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "1 AS time_ns, 1 AS price, 1 AS size, 1 AS side LIMIT 0")
    with pytest.raises(BadData, match="has no rows"):
        read("parquet", path, kind="trades")


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x.parquet", "1 AS time_ns, 1 AS price, 1 AS size, 1 AS side")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadData, match="is no whole Parquet file") as refused:
        read("parquet", path, GOOG, kind="trades")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        read("parquet", tmp_path / "absent.parquet")
