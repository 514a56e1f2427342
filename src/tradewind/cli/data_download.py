"""The download of market data as the command line asks for it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from tradewind.cli.data_check import quality_of
from tradewind.cli.engine import home_of
from tradewind.cli.progress import ProgressBar, share_line
from tradewind.model.columns import ColumnKind
from tradewind.model.errors import OutsideError, UserError
from tradewind.model.instruments import Instrument
from tradewind.model.timeframes import timeframe_ns, timerange_ns
from tradewind.ports.downloads import Downloads, Wanted
from tradewind.ports.history import History, Series, Written
from tradewind.ports.trading import Refused
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.download import Downloaded, download
from tradewind.runtime.download_ranges import DownloadedRanges
from tradewind.wiring.downloads import VENUES, downloads_of
from tradewind.wiring.settings import load_settings

FOLDER = "downloads"
"""In the home: what of which series was downloaded."""


def add_download_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `data download`."""
    parser.add_argument("venue", metavar="VENUE", help=f"one of {', '.join(VENUES)}, ccxt:NAME")
    parser.add_argument("instrument", metavar="INSTRUMENT", help="like AAPL or BTC/USD")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--timeframe", help="bars of it, like 1m or 1d")
    what.add_argument("--trades", action="store_true", help="trades one by one")
    what.add_argument("--quotes", action="store_true", help="best bids and asks one by one")
    parser.add_argument(
        "--timerange", required=True, help="like 20240101-20240630, its end excluded; 20240101-"
    )
    parser.add_argument("--again", action="store_true", help="also what is downloaded already")
    parser.add_argument("--replace", action="store_true", help="take new rows over stored ones")
    parser.add_argument(
        "--actions", action="store_true", help="keep splits and dividends of the range as well"
    )


def download_data(history: History, arguments: argparse.Namespace) -> dict[str, Any]:
    """Download, check for gaps, and return the answer."""
    home = home_of(arguments)
    settings = load_settings({"home": arguments.home} if arguments.home else {})
    source = downloads_of(arguments.venue, settings, home)
    with ProgressBar(1) as bar:
        try:
            return asyncio.run(_download(source, history, home, bar, arguments))
        except Refused as error:
            raise UserError(str(error)) from None
        except OutsideError as error:
            # what came before is stored, and the same command goes on behind it
            raise OutsideError(
                f"{error}; the same command goes on from here",
                fault=error.fault,
                retry=error.retry,
            ) from None


async def _download(
    source: Downloads,
    history: History,
    home: Path,
    bar: ProgressBar,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    await source.start()
    try:
        instrument = await _instrument(source, history, arguments.instrument)
        wanted = _wanted(source, instrument, arguments)
        ranges = DownloadedRanges(home / FOLDER)
        if arguments.again:
            ranges.forget(wanted)
        done = await download(
            source,
            history,
            ranges,
            wanted,
            progress=lambda share, rows: bar.draw(share_line(share, rows)),
            on_conflict="replace" if arguments.replace else "refuse",
        )
        actions = await _actions(source, history, wanted, arguments) if arguments.actions else None
    finally:
        await source.close()
    return _answer(history, wanted, done, actions)


async def _instrument(source: Downloads, history: History, name: str) -> Instrument:
    """The stored definition, else the venue's: one series has one grid."""
    suffix = f".{source.venue}"
    instrument_id = name if name.endswith(suffix) else name + suffix
    stored = {entry.series.instrument_id for entry in history.entries()}
    if instrument_id in stored:
        return history.instrument(instrument_id)
    return await source.instrument(instrument_id)


def _wanted(source: Downloads, instrument: Instrument, arguments: argparse.Namespace) -> Wanted:
    """What is asked for; a range ends at the latest bar that is over, or now."""
    kind: ColumnKind = "trades" if arguments.trades else "quotes" if arguments.quotes else "bars"
    if kind not in source.kinds:
        raise UserError(f"{source.venue} has no {kind}: choose {', '.join(sorted(source.kinds))}")
    start_ns, end_ns = timerange_ns(arguments.timerange)
    if start_ns is None:
        raise UserError(f"the timerange {arguments.timerange} has no beginning: give one")
    now_ns = SystemClock().now_ns()
    if kind == "bars":
        step_ns = timeframe_ns(arguments.timeframe)
        now_ns = now_ns // step_ns * step_ns
    end_ns = now_ns if end_ns is None else min(end_ns, now_ns)
    if end_ns <= start_ns:
        raise UserError(
            f"the timerange {arguments.timerange} begins in the future: give a past one"
        )
    return Wanted(kind, instrument, arguments.timeframe, start_ns, end_ns)


async def _actions(
    source: Downloads, history: History, wanted: Wanted, arguments: argparse.Namespace
) -> Written:
    """Splits and dividends of the range, into the history."""
    instrument = wanted.instrument
    found = await source.corporate_actions(
        instrument, start_ns=wanted.start_ns, end_ns=wanted.end_ns
    )
    inside = [one for one in found if wanted.start_ns <= one.ex_date_ns < wanted.end_ns]
    if not inside:
        return Written(0, 0, 0, 0)
    return history.write_actions(
        instrument.id, inside, on_conflict="replace" if arguments.replace else "refuse"
    )


def _answer(
    history: History, wanted: Wanted, done: Downloaded, actions: Written | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "instrument": wanted.instrument.id,
        "kind": wanted.kind,
        "timeframe": wanted.timeframe,
        "rows_given": done.rows_given,
        "rows_added": done.rows_added,
        "rows_same": done.rows_same,
        "rows_replaced": done.rows_replaced,
        "rows_left_out": done.left_out,
        "pages": done.pages,
        "there_already": done.skipped_share,
    }
    if actions is not None:
        answer["actions"] = actions.rows_given
        answer["actions_added"] = actions.rows_added
    entry = next((e for e in history.entries() if e.series == wanted_series(wanted)), None)
    if entry is not None:
        found, hours = quality_of(history, entry, start_ns=wanted.start_ns, end_ns=wanted.end_ns)
        answer |= {"gaps": found.gaps.count, "missing": found.missing, "calendar": hours}
    return answer


def wanted_series(wanted: Wanted) -> Series:
    """The series that a download fills."""
    return Series(wanted.kind, wanted.instrument.id, wanted.timeframe)
