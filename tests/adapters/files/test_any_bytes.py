"""Whatever a file holds, it is read or refused with one sentence: nothing else comes out."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.adapters.files.import_files import BITCOIN, of_format
from tradewind.adapters.files.formats import FORMATS
from tradewind.adapters.files.reading import Request
from tradewind.model.errors import TradewindError

Case = tuple[str, str, bytes, dict[str, Any]]

CASES: dict[str, Case] = {
    "csv bars": (
        "csv",
        "x.csv",
        b"Date,Open,High,Low,Close,Volume\n2024-03-01,10,11.5,9.99,10.25,1000\n",
        {"timeframe": "1d", "zone": "America/New_York"},
    ),
    "csv trades": (
        "csv",
        "x.csv",
        b'time,price,size,side\n1709303400000,1.5,3,"buy"\n1709303400001,1.25,4,sell\n',
        {"kind": "trades"},
    ),
    "klines": (
        "binance-klines",
        "x.csv",
        b"1704067200000,4.5,4.6,4.4,4.5,35.92,1704067259999,15.2,132,1.1,6.3,0\n",
        {},
    ),
    "aggtrades": (
        "binance-aggtrades",
        "x.csv",
        b"2812345678,42283.58,0.00123,3345678901,3345678903,1704067200012,False,True\n",
        {},
    ),
    "days": ("us-equity", "spy.csv", b"20240308 00:00,10000,10100,9900,10000,5\n", {}),
    "trade ticks": (
        "us-equity",
        "20131007_ibm_Trade_Tick.csv",
        b"14430270,1815200,283,P,20002020,0\n14450472,1818000,500,P,2000,1\n",
        {},
    ),
    "quote ticks": (
        "us-equity",
        "20131007_ibm_Quote_Tick.csv",
        b"14400054,0,0,1836300,100,Q,1,0\n14400241,1800100,300,0,0,P,1,0\n",
        {},
    ),
    "fx": ("fx-tick", "20140502_eurusd_tick_quote.csv", b"1787,1.38727,1.38729\n", {}),
}

CHANGES = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.integers(0, 3),
        st.one_of(
            st.sampled_from(
                [b",", b"\n", b"\r", b'"', b"_", b"-", b"e9", b"nan", b"9" * 25, b"\0"]
            ),
            st.binary(max_size=3),
        ),
    ),
    max_size=4,
)


def rows_read(folder: Path, case: Case, content: bytes) -> int:
    """Return the number of rows read of some content, -1 where one sentence refused it."""
    form, name, _, request = case
    path = folder / name
    path.write_bytes(content)
    instrument = BITCOIN
    if FORMATS[form].instrument:
        instrument = of_format(form, "EUR/USD.SIM")
    try:
        with FORMATS[form].open(path, Request(instrument, **request)) as reading:
            return sum(map(len, reading.batches))
    except TradewindError as refused:
        return -1 if "\n" not in str(refused) else -2


@pytest.mark.parametrize("name", CASES)
def test_the_unchanged_file_is_read(tmp_path: Path, name: str) -> None:
    assert rows_read(tmp_path, CASES[name], CASES[name][2]) >= 1


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=100)
@given(changes=CHANGES)
def test_a_changed_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, changes: list[tuple[int, int, bytes]]
) -> None:
    content = CASES[name][2]
    for place, length, new in changes:
        place %= len(content) + 1
        content = content[:place] + new + content[place + length :]
    assert rows_read(tmp_path_factory.getbasetemp(), CASES[name], content) >= -1


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=40)
@given(content=st.binary(max_size=200))
@example(content=b"a\rb,c\n1,2\n")
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    assert rows_read(tmp_path_factory.getbasetemp(), CASES[name], content) >= -1


def test_a_zip_with_any_bit_flipped_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", CASES["csv trades"][2])
    whole = path.read_bytes()
    zipped: Case = ("csv", "x.zip", b"", {"kind": "trades"})
    for place in range(0, len(whole) * 8, 7):  # each byte, each bit of some
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        assert rows_read(tmp_path, zipped, bytes(content)) in (2, -1)
