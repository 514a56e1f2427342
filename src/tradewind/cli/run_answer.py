"""What commands print about a finished run over stored data."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tradewind.cli.main import EXIT_FAILED, EXIT_OK
from tradewind.cli.output import as_lines, note, print_answer
from tradewind.model.errors import UserError
from tradewind.model.limits import Limits
from tradewind.runtime.backtest_result import BacktestResult, Fill


def run_answer(result: BacktestResult) -> dict[str, Any]:
    """The result in plain values; money is text with all its digits."""
    return {
        "start_equity": str(result.start_equity),
        "end_equity": str(result.end_equity),
        "currency": result.currency,
        "orders": result.order_count,
        "fills": len(result.fills),
        "denied": result.denied_count,
        "limits": _limits(result.limits),
        "stopped": result.stopped,
        "anomalies": result.anomalies,
        "journal_hash": result.journal_hash,
        "state_hash": result.state_hash,
    }


def keep_run(result: BacktestResult, folder: Path) -> None:
    """Write the equity curve and the fills of a run into a folder, made if it is not there."""
    curve = result.equity_curve
    parts: dict[str, Any] = {
        "equity.json": {"time_ns": curve.time_ns.tolist(), "equity": curve.equity.tolist()},
        "fills.json": [_fill(fill) for fill in result.fills],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, part in parts.items():
            (folder / name).write_bytes(msgspec.json.encode(part))
    except OSError as error:
        raise UserError(f"--keep {folder}: {error.strerror}") from None


def _fill(fill: Fill) -> dict[str, Any]:
    """One execution in plain values; numbers are decimal text."""
    exact = {name: str(getattr(fill, name)) for name in ("quantity", "price", "fee")}
    return msgspec.structs.asdict(fill) | exact | {"side": fill.side.name}


def print_run(answer: Mapping[str, Any], arguments: argparse.Namespace) -> int:
    """Print the answer of a run; 1 and a sentence where a strategy was stopped by its own error."""
    if arguments.json:
        print_answer(answer, arguments)
    else:
        print(as_lines(_flat(answer)))
    for name, reason in answer["stopped"].items():
        note(f"tradewind: strategy {name} was stopped: {reason}; mend its code and run it again")
    return EXIT_FAILED if answer["stopped"] else EXIT_OK


def _limits(limits: Limits | str) -> Any:
    return limits if isinstance(limits, str) else msgspec.to_builtins(limits)


def _flat(answer: Mapping[str, Any]) -> dict[str, str]:
    """One line for each value, inner ones under `name.inner`."""
    lines: dict[str, str] = {}
    for key, value in answer.items():
        if isinstance(value, dict) and value:
            lines |= {f"{key}.{name}": _text(inner) for name, inner in value.items()}
        else:
            lines[key] = _text(value)
    return lines


def _text(value: Any) -> str:
    if value is None or value == {} or value == []:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
