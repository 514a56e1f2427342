"""Calls about data and research: market data, imports, downloads, backtests, sweeps, jobs."""

from __future__ import annotations

import time
from typing import Any

from tradewind.api import job_answers as told
from tradewind.api import market_answers as market
from tradewind.api.connection import Connection
from tradewind.model.errors import OutsideError

ENDED = frozenset({"done", "failed", "canceled"})
POLL_S = 0.25


class Market:
    """Instruments and market data."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def instruments(self) -> market.Instruments:
        """What can be traded."""
        return self._ask.get("/api/v1/instruments", market.Instruments)

    def instrument(self, instrument: str) -> market.Instrument:
        """One instrument."""
        path = "/api/v1/instruments/{instrument}"
        return self._ask.get(path, market.Instrument, instrument=instrument)

    def prices(self) -> market.Market:
        """Best prices of all instruments."""
        return self._ask.get("/api/v1/market", market.Market)

    def bars(self, instrument: str, timeframe: str, **asked: str | int) -> market.Bars:
        """Bars; `asked` are source, start, end, after, limit, form."""
        query = {"instrument": instrument, "timeframe": timeframe, **asked}
        return self._ask.get("/api/v1/market/bars", market.Bars, query=query)

    def trades(self, instrument: str, **asked: str | int) -> market.Trades:
        """Public trades."""
        query = {"instrument": instrument, **asked}
        return self._ask.get("/api/v1/market/trades", market.Trades, query=query)

    def quotes(self, instrument: str, **asked: str | int) -> market.Quotes:
        """Best bids and asks."""
        query = {"instrument": instrument, **asked}
        return self._ask.get("/api/v1/market/quotes", market.Quotes, query=query)

    def depth(self, instrument: str, **asked: str | int) -> market.Depth:
        """Changes of the book."""
        query = {"instrument": instrument, **asked}
        return self._ask.get("/api/v1/market/depth", market.Depth, query=query)


class Data:
    """Stored market data."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def series(self) -> market.StoredSeriesList:
        """Every stored series."""
        return self._ask.get("/api/v1/data/series", market.StoredSeriesList)

    def bad_ticks(self, *, limit: int = 100, before: int = 0) -> market.BadTicksPage:
        """Market data that was refused, newest first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/data/bad-ticks", market.BadTicksPage, query=query)

    def upload(self, content: bytes) -> told.Uploaded:
        """Send a file's bytes for an import."""
        return self._ask.send("POST", "/api/v1/data/uploads", told.Uploaded, body=content)

    def import_file(
        self, upload_id: str, instrument: str, *, key: str = "", **asked: Any
    ) -> told.JobQueued:
        """Import an uploaded file; `asked` are the options of `tradewind data import`."""
        body = {"upload_id": upload_id, "instrument": instrument, **asked}
        return self._ask.act("POST", "/api/v1/data/imports", told.JobQueued, body=body, key=key)

    def download(
        self, venue: str, instrument: str, timerange: str, *, key: str = "", **asked: str
    ) -> told.JobQueued:
        """Download a venue's past; `asked` are timeframe or kind."""
        body = {"venue": venue, "instrument": instrument, "timerange": timerange, **asked}
        return self._ask.act("POST", "/api/v1/data/downloads", told.JobQueued, body=body, key=key)


class Jobs:
    """What was asked for, and waiting for it."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def page(self, kind: str = "", *, limit: int = 100, before: int = 0) -> told.JobsPage:
        """Jobs, newest first."""
        query: dict[str, str | int | None] = {"kind": kind, "limit": limit, "before": before}
        return self._ask.get("/api/v1/jobs", told.JobsPage, query=query)

    def one(self, job_id: str) -> told.JobDetail:
        """A job with its log and result."""
        return self._ask.get("/api/v1/jobs/{job_id}", told.JobDetail, job_id=job_id)

    def cancel(self, job_id: str, *, key: str = "") -> told.JobQueued:
        """Ask for a job's cancel."""
        path = "/api/v1/jobs/{job_id}/cancel"
        return self._ask.act("POST", path, told.JobQueued, key=key, job_id=job_id)

    def wait(self, job_id: str, *, timeout_s: float = 600.0) -> told.JobDetail:
        """Wait until a job has ended; `OutsideError` where it takes longer."""
        until_s = time.monotonic() + timeout_s
        while (found := self.one(job_id)).state not in ENDED:
            if time.monotonic() > until_s:
                raise OutsideError(
                    f"job {job_id} did not end in {timeout_s:g} s", fault="theirs", retry=True
                )
            time.sleep(POLL_S)
        return found


class Research:
    """Backtests, sweeps, reports."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection

    def backtest(
        self, strategy: str, instruments: list[str], *, key: str = "", **asked: Any
    ) -> told.JobQueued:
        """Run a backtest; `asked` are timeframe, timerange, parameters, cash, fee and so on."""
        body = {"strategy": strategy, "instruments": instruments, **asked}
        return self._ask.act("POST", "/api/v1/backtests", told.JobQueued, body=body, key=key)

    def backtests(self, *, limit: int = 100, before: int = 0) -> told.JobsPage:
        """Backtests, newest first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/backtests", told.JobsPage, query=query)

    def result(self, job_id: str) -> told.JobDetail:
        """A backtest's numbers and hashes."""
        return self._ask.get("/api/v1/backtests/{job_id}", told.JobDetail, job_id=job_id)

    def curve(self, job_id: str, *, points: int = 2000) -> told.Curve:
        """A backtest's equity curve."""
        path = "/api/v1/backtests/{job_id}/equity"
        return self._ask.get(path, told.Curve, query={"points": points}, job_id=job_id)

    def fills(self, job_id: str, *, limit: int = 1000, after: int = 0) -> told.BacktestFills:
        """A backtest's executions in order."""
        path = "/api/v1/backtests/{job_id}/fills"
        query = {"limit": limit, "after": after}
        return self._ask.get(path, told.BacktestFills, query=query, job_id=job_id)

    def sweep(
        self,
        strategy: str,
        instruments: list[str],
        grid: dict[str, list[str]],
        *,
        key: str = "",
        **asked: Any,
    ) -> told.JobQueued:
        """Run a backtest for each combination of the grid."""
        body = {"strategy": strategy, "instruments": instruments, "grid": grid, **asked}
        return self._ask.act("POST", "/api/v1/sweeps", told.JobQueued, body=body, key=key)

    def sweeps(self, *, limit: int = 100, before: int = 0) -> told.JobsPage:
        """Sweeps, newest first."""
        query = {"limit": limit, "before": before}
        return self._ask.get("/api/v1/sweeps", told.JobsPage, query=query)

    def statement(self, *, until: int = 0, key: str = "") -> told.JobQueued:
        """Trial balance, positions and results at a sequence of the journal (0: now)."""
        path = "/api/v1/reports/statements"
        return self._ask.act("POST", path, told.JobQueued, body={"until": until}, key=key)

    def costs(self, *, timerange: str = "", until: int = 0, key: str = "") -> told.JobQueued:
        """What executing orders cost."""
        body = {"timerange": timerange, "until": until}
        return self._ask.act("POST", "/api/v1/reports/costs", told.JobQueued, body=body, key=key)

    def performance(self, account: str, *, start: str = "", end: str = "") -> told.Report:
        """How an account traded."""
        query = {"account": account, "start": start, "end": end}
        return self._ask.get("/api/v1/reports/performance", told.Report, query=query)
