"""The file formats that can be imported, and what an instrument of each is by default."""

from __future__ import annotations

from typing import NamedTuple

from tradewind.adapters.files.binance_dump import open_klines, open_trades
from tradewind.adapters.files.csv import open_csv
from tradewind.adapters.files.fx_tick import open_fx_ticks
from tradewind.adapters.files.parquet_in import open_parquet
from tradewind.adapters.files.reading import Open
from tradewind.adapters.files.us_equity import open_us_equity


class Format(NamedTuple):
    """A format's reader, one line of help, and the parts of an instrument it settles."""

    open: Open
    summary: str
    instrument: dict[str, str | int]


FORMATS: dict[str, Format] = {
    "csv": Format(open_csv, "delimited text, with --map where columns have other names", {}),
    "parquet": Format(open_parquet, "a Parquet file, with --map likewise", {}),
    "binance-klines": Format(open_klines, "bars of Binance's public data", {}),
    "binance-aggtrades": Format(open_trades, "trades of Binance's public data", {}),
    "us-equity": Format(
        open_us_equity,
        "zipped days, hours, minutes or ticks of New York time, prices x 10,000",
        {
            "tick": "0.01",
            "lot": "1",
            "currency": "USD",
            "kind": "equity",
            "calendar": "XNYS",
            "price_digits": 4,
        },
    ),
    "fx-tick": Format(
        open_fx_ticks,
        "zipped days of FX quotes: milliseconds, bid, ask",
        {"tick": "0.00001", "lot": "1", "kind": "fx", "calendar": "24/5"},
    ),
}
