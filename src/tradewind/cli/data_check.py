"""The check of stored market data as the command line shows it: damage, and what rows look like."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import msgspec

from tradewind.analysis.data_quality import Finding, Quality, quality
from tradewind.analysis.session_clock import SessionClock, clock_of
from tradewind.cli.main import EXIT_FAILED, EXIT_OK
from tradewind.cli.output import print_answer
from tradewind.model.column_merge import time_text
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.ports.history import Entry, History

FINDINGS = tuple(name for name in Quality.__struct_fields__ if name not in ("rows", "missing"))
ANY = "any"


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `data check` beside the series."""
    parser.add_argument(
        "--fail-on",
        metavar="NAMES",
        help=f"exit with 1 where one of them is found, like gaps,crossed: {', '.join(FINDINGS)}, "
        f"or {ANY}; damage always fails",
    )


def check_series(history: History, entries: Sequence[Entry], arguments: argparse.Namespace) -> int:
    """Check series and print what was found; the exit code."""
    unwanted = _unwanted(arguments.fail_on)
    answers = [_checked(history, entry) for entry in entries]
    failures = sorted(
        {name for answer in answers for name in unwanted if answer.get(name, {}).get("count")}
    )
    damaged = any(answer["damage"] for answer in answers)
    if arguments.json:
        ok = not damaged and not failures
        print_answer({"ok": ok, "failed_on": failures, "series": answers}, arguments)
    else:
        print("\n\n".join(_lines(answer) for answer in answers))
        if failures:
            print(f"\nfailed on {', '.join(failures)}")
    return EXIT_FAILED if damaged or failures else EXIT_OK


def quality_of(history: History, entry: Entry, **time_range: int) -> tuple[Quality, str]:
    """What the rows of a series look like, and a sentence on which hours gaps were judged by."""
    series = entry.series
    instrument = history.instrument(series.instrument_id)
    clock = clock_of(instrument.calendar, entry.first_ns, entry.last_ns)
    batches = history.batches(
        series.kind, series.instrument_id, timeframe=series.timeframe, **time_range
    )
    return quality(batches, series.timeframe, clock), hours_sentence(instrument, clock)


def hours_sentence(instrument: Instrument, clock: SessionClock | None) -> str:
    """Which closed hours are no gaps.

    >>> hours_sentence(Instrument("BTC/USDT.BINANCE"), None)
    '24/7'
    >>> hours_sentence(Instrument("GOOG.SIM", currency="USD"), None)
    '24/7: no calendar was named, so nights and weekends are gaps (a share? import with --calendar)'
    """
    if clock is not None:
        return f"{instrument.calendar}: its sessions"
    if instrument.calendar != "24/7":
        return (
            f"{instrument.calendar}: its sessions of that time are not known here; gaps are what "
            "is missing inside a day, and pauses beyond four days"
        )
    if "/" in instrument.symbol and instrument.kind != "equity":
        return "24/7"
    return (
        "24/7: no calendar was named, so nights and weekends are gaps (a share? import with "
        "--calendar)"
    )


def _unwanted(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    if text == ANY:
        return FINDINGS
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in FINDINGS:
            raise UserError(f"--fail-on {name}: choose from {', '.join(FINDINGS)}, or {ANY}")
    return names


def _checked(history: History, entry: Entry) -> dict[str, Any]:
    """Damage first: rows of damaged files cannot be judged."""
    series = entry.series
    damage = [msgspec.structs.asdict(one) for one in history.check(series)]
    answer: dict[str, Any] = {"name": str(series), **msgspec.structs.asdict(series)}
    answer["damage"] = damage
    if not damage:
        found, answer["calendar"] = quality_of(history, entry)
        answer |= {n: msgspec.to_builtins(getattr(found, n)) for n in found.__struct_fields__}
    return answer


def _lines(answer: dict[str, Any]) -> str:
    lines = [answer["name"]]
    lines += [f"  damage  {one['place']}: {one['sentence']}" for one in answer["damage"]]
    for name in ("calendar", *Quality.__struct_fields__):
        value = answer.get(name)
        if isinstance(value, dict):
            finding = Finding(**value)
            first = finding.first_ns
            where = "" if first is None else f"  first at {time_text(first)}"
            value = f"{finding.count}{where}"
        if value is not None:
            lines.append(f"  {name:<13} {value}")
    return "\n".join(lines)
