"""The import of market data as the command line asks for it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from tradewind.adapters.files.formats import FORMATS, Format
from tradewind.adapters.files.importing import Imported, import_files
from tradewind.adapters.files.reading import Request
from tradewind.cli.progress import ProgressBar
from tradewind.model.adjustment import PRICE_DIGITS_MIN
from tradewind.model.columns import REQUIRED
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.history import History

# Options that describe a new instrument; of a stored one they must say what is stored.
INSTRUMENT_OPTIONS = {
    "tick": "smallest price step, like 0.01",
    "lot": "smallest quantity step, like 1",
    "currency": "what prices are in; told by BTC/USDT itself",
    "min_notional": "smallest notional of an order",
    "calendar": "when it trades, like 24/7 or XNYS",
}


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `data import`."""
    formats = "; ".join(f"{name}: {form.summary}" for name, form in FORMATS.items())
    parser.add_argument("files", nargs="+", metavar="FILE", help="plain, .gz or .zip")
    parser.add_argument("--format", choices=sorted(FORMATS), default="csv", help=formats)
    parser.add_argument("--instrument", required=True, metavar="ID", help="like BTC/USDT.BINANCE")
    parser.add_argument("--timeframe", help="of bars, like 1m or 1d; default: what the file has")
    parser.add_argument("--replace", action="store_true", help="take new rows over stored ones")
    _add_instrument_arguments(parser)
    _add_text_arguments(parser)
    parser.add_argument("--zone", default="", help="of times without one, like America/New_York")
    parser.add_argument("--quote-size", default="0", help="size of quotes in files without sizes")
    parser.add_argument(
        "--factors", metavar="FILE", help="store US prices multiplied by a factor file"
    )


def import_data(history: History, arguments: argparse.Namespace) -> dict[str, Any]:
    """Import the files and return the answer."""
    form = FORMATS[arguments.format]
    request = request_of(arguments, instrument_of(history, form, arguments))
    paths = [Path(name) for name in arguments.files]
    with ProgressBar(len(paths)) as progress:
        done = import_files(
            history,
            paths,
            form=form,
            request=request,
            on_conflict="replace" if arguments.replace else "refuse",
            progress=progress.show,
        )
    return import_answer(done, len(paths), request.instrument)


def request_of(arguments: argparse.Namespace, instrument: Instrument) -> Request:
    """What the command line says about the files."""
    return Request(
        instrument,
        kind=arguments.kind,
        timeframe=arguments.timeframe,
        columns=mapping_of(arguments.map),
        price_column=arguments.column,
        delimiter=delimiter_of(arguments.delimiter),
        first_line="rows" if arguments.no_header else "names",
        time_format=arguments.time_format,
        zone=arguments.zone,
        quote_size=arguments.quote_size,
        factors=Path(arguments.factors) if arguments.factors else None,
    )


def instrument_of(history: History, form: Format, arguments: argparse.Namespace) -> Instrument:
    """The instrument as stored, or as the format settles it, with what the options say."""
    settled: dict[str, Any] = dict(form.instrument)
    if arguments.factors and "price_digits" in settled:
        settled["price_digits"] = PRICE_DIGITS_MIN
    if arguments.instrument in {entry.series.instrument_id for entry in history.entries()}:
        settled = msgspec.structs.asdict(history.instrument(arguments.instrument))
    options = (*INSTRUMENT_OPTIONS, "price_digits", "quantity_digits")
    given = {name: getattr(arguments, name) for name in options}
    settled |= {name: value for name, value in given.items() if value is not None}
    settled.pop("id", None)
    missing = [name for name in ("tick", "lot") if name not in settled]
    if "/" not in arguments.instrument and "currency" not in settled:
        missing.append("currency")
    if missing:
        examples = {"tick": "--tick 0.01", "lot": "--lot 1", "currency": "--currency USD"}
        raise UserError(
            f"{arguments.instrument} is new: say what it is with "
            f"{' '.join(examples[name] for name in missing)} (its own values)"
        )
    return Instrument(arguments.instrument, **settled)


def mapping_of(texts: list[str]) -> dict[str, str]:
    """Our names for a file's columns.

    >>> mapping_of(["time=Date,open=Open", "close=Adj Close"])
    {'time': 'Date', 'open': 'Open', 'close': 'Adj Close'}
    """
    mapping: dict[str, str] = {}
    for pair in (pair for text in texts for pair in text.split(",")):
        ours, equals, theirs = pair.partition("=")
        if not equals or not ours:
            raise UserError(f"--map {pair!r} is no mapping: write it like time=Date,open=Open")
        mapping[ours.strip()] = theirs.strip()
    return mapping


def delimiter_of(text: str) -> str:
    """The delimiter; a tab may be written \\t or tab.

    >>> delimiter_of("tab"), delimiter_of(";")
    ('\\t', ';')
    """
    delimiter = {"\\t": "\t", "tab": "\t"}.get(text, text)
    if len(delimiter.encode()) != 1 or delimiter in '"\n\r':
        raise UserError(f"--delimiter {text!r} is none: give one character, like ';' or tab")
    return delimiter


def import_answer(done: Imported, file_count: int, instrument: Instrument) -> dict[str, Any]:
    """What an import did, in plain values."""
    return {
        "series": str(done.series),
        "kind": done.series.kind,
        "instrument": done.series.instrument_id,
        "timeframe": done.series.timeframe,
        "tick": instrument.tick,
        "lot": instrument.lot,
        "price_digits": instrument.price_digits,
        "quantity_digits": instrument.quantity_digits,
        "files": file_count,
        **msgspec.structs.asdict(done.written),
        "rows_left_out": done.left_out,
    }


def _add_instrument_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a new instrument (kept with its data)")
    for name, text in INSTRUMENT_OPTIONS.items():
        group.add_argument(f"--{name.replace('_', '-')}", help=text)
    for name in ("price", "quantity"):
        group.add_argument(f"--{name}-digits", type=int, metavar="N", help="default: the step's")


def _add_text_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("csv and parquet")
    group.add_argument("--kind", choices=sorted(REQUIRED), default="bars", help="default: bars")
    group.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="column names, like time=Date,volume=Vol; volume=- where there is none",
    )
    group.add_argument("--column", metavar="NAME", help="take one column of prices as bars")
    group.add_argument("--delimiter", default=",", help="default: a comma; tab for tabs")
    group.add_argument(
        "--no-header", action="store_true", help="no line of names: columns are 1, 2, 3"
    )
    group.add_argument(
        "--time-format", default="", help="s, ms, us, ns, or like %%d.%%m.%%Y; default: ISO"
    )
