"""What requests for jobs carry: backtests, sweeps, downloads, imports."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tradewind.gateway.schemas import Body, Number, Text

Word = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
Value = Annotated[str, Field(max_length=64, pattern=r"^[^,\x00-\x1f]*$")]
InstrumentId = Annotated[str, Field(max_length=64, pattern=r"^[^\s,-][^\s,]*$")]
Timeframe = Annotated[str, Field(max_length=8, pattern=r"^([0-9]{1,4}[a-z])?$", examples=["1m"])]
Timerange = Annotated[
    str, Field(max_length=40, pattern=r"^[0-9T:.Z-]*$", examples=["20240101-20240201"])
]
Kind = Literal["bars", "trades", "quotes", "depth"]
LATENCY_MS_MAX = 10_000
WORKERS_MAX = 64


class Run(Body):
    """What every run over stored data says; see `tradewind backtest --help`."""

    strategy: Annotated[Word, Field(examples=["ma_crossover"])]
    instruments: Annotated[list[InstrumentId], Field(min_length=1, max_length=50)]
    kind: Kind = "bars"
    timeframe: Timeframe = ""
    timerange: Timerange = ""
    parameters: Annotated[dict[Word, Value], Field(max_length=50, default_factory=dict)]
    cash: Number = "100000"
    fee: Number = "0"
    slippage: Number = "0"
    latency_ms: Annotated[float, Field(ge=0, le=LATENCY_MS_MAX, allow_inf_nan=False)] = 0.0
    fill: Literal["next_open", "next_close", "signal_close"] = "next_open"
    size: Literal["at_fill", "at_signal"] = "at_fill"
    cash_buffer: Number = "0"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0


class NewBacktest(Run):
    """One run."""


class NewSweep(Run):
    """One run for each combination of the grid."""

    grid: Annotated[
        dict[Word, Annotated[list[Value], Field(min_length=1, max_length=1000)]],
        Field(min_length=1, max_length=10, examples=[{"fast": ["5", "10"]}]),
    ]
    sort: Annotated[Word, Field(examples=["sharpe_ratio"])] = "sharpe_ratio"
    workers: Annotated[int, Field(ge=1, le=WORKERS_MAX)] = 1


class NewDownload(Body):
    """A range of a venue's past."""

    venue: Annotated[str, Field(pattern=r"^[a-z][a-z0-9:-]{1,40}$", examples=["binance"])]
    instrument: InstrumentId
    kind: Literal["bars", "trades", "quotes"] = "bars"
    timeframe: Timeframe = ""
    timerange: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9T:.Z-]+$")]


class NewStatement(Body):
    """What the books say at a sequence of the journal, 0: now."""

    until: Annotated[int, Field(ge=0, lt=2**63)] = 0


class NewCosts(NewStatement):
    """Transaction costs of orders decided in a time."""

    timerange: Timerange = ""


class NewImport(Body):
    """A file that was uploaded, and what it holds; see `tradewind data import --help`."""

    upload_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["0f" * 16])]
    instrument: InstrumentId
    format: Literal["csv", "parquet", "binance-klines", "binance-aggtrades"] = "csv"
    kind: Kind = "bars"
    timeframe: Timeframe = ""
    tick: Annotated[str, Field(max_length=20, pattern=r"^[0-9.]*$")] = ""
    lot: Annotated[str, Field(max_length=20, pattern=r"^[0-9.]*$")] = ""
    currency: Annotated[str, Field(max_length=10, pattern=r"^[A-Z0-9]*$")] = ""
    calendar: Annotated[str, Field(max_length=10, pattern=r"^[A-Z0-9/]*$")] = ""
    time_format: Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f]*$")] = ""
    zone: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9/_+-]*$")] = ""
    map: Annotated[
        dict[Word, Text],
        Field(max_length=20, default_factory=dict, examples=[{"time": "Date"}]),
    ]
    replace: bool = False
