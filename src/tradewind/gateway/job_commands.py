"""Job commands: a job's request as the words of a command line.

Every value is one word with its option (`--param=fast=10`), so that none can become an option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tradewind.ports.jobs import Job

JOBS_FOLDER = "jobs"
"""In the home: what jobs leave, a folder each."""
UPLOADS_FOLDER = "uploads"
TERMS = ("cash", "fee", "slippage", "latency_ms", "fill", "size", "cash_buffer", "seed")


def job_folder(home: Path, job_id: str) -> Path:
    """Where a job leaves files."""
    return home / JOBS_FOLDER / job_id


def arguments_of(job: Job, home: Path) -> list[str]:
    """The command line of a job.

    >>> one = Job(job_id="j1", kind="download", user_id="u", user_name="ann",
    ...           request='{"venue": "binance", "instrument": "BTC/USDT", "timeframe": "1m", '
    ...                   '"timerange": "20240101-20240102"}')
    >>> arguments_of(one, Path("/h"))[-2:]
    ['binance', 'BTC/USDT']
    """
    words = list(_COMMANDS[job.kind](msgspec.json.decode(job.request), job, home))
    places = words.index("--")
    rest = words[places:] if words[places + 1 :] else []
    return [*words[:places], f"--home={home}", "--json", *rest]


def _backtest(request: dict[str, Any], job: Job, home: Path) -> Iterator[str]:
    yield "backtest"
    yield f"--keep={job_folder(home, job.job_id)}"
    yield from _run_words(request)
    yield from ("--", request["strategy"])


def _sweep(request: dict[str, Any], job: Job, home: Path) -> Iterator[str]:
    yield "sweep"
    for name, values in request["grid"].items():
        yield f"--grid={name}={','.join(values)}"
    yield f"--sort={request['sort']}"
    yield f"--workers={request['workers']}"
    yield from _run_words(request)
    yield from ("--", request["strategy"])


def _download(request: dict[str, Any], job: Job, home: Path) -> Iterator[str]:
    yield from ("data", "download")
    if request.get("timeframe"):
        yield f"--timeframe={request['timeframe']}"
    else:
        yield f"--{request['kind']}"
    yield f"--timerange={request['timerange']}"
    yield from ("--", request["venue"], request["instrument"])


def _import(request: dict[str, Any], job: Job, home: Path) -> Iterator[str]:
    yield from ("data", "import")
    for name, value in request.items():
        option = name.replace("_", "-")
        if name == "map":
            yield from (f"--map={ours}={theirs}" for ours, theirs in value.items())
        elif name == "replace":
            yield from (["--replace"] if value else [])
        elif name != "upload_id" and value:
            yield f"--{option}={value}"
    yield from ("--", str(home / UPLOADS_FOLDER / request["upload_id"]))


def _statement(request: dict[str, Any], job: Job, home: Path) -> Iterator[str]:
    yield from ("report", "statement", f"--until={request['until']}", "--")


def _costs(request: dict[str, Any], job: Job, home: Path) -> Iterator[str]:
    yield from ("report", "tca", f"--until={request['until']}")
    if request["timerange"]:
        yield f"--timerange={request['timerange']}"
    yield "--"


def _run_words(request: dict[str, Any]) -> Iterator[str]:
    for name, value in request["parameters"].items():
        yield f"--param={name}={value}"
    yield f"--instrument={','.join(request['instruments'])}"
    yield f"--kind={request['kind']}"
    for name in ("timeframe", "timerange"):
        if request[name]:
            yield f"--{name}={request[name]}"
    for name in TERMS:
        yield f"--{name.replace('_', '-')}={request[name]}"


_COMMANDS: dict[str, Callable[[dict[str, Any], Job, Path], Iterator[str]]] = {
    "backtest": _backtest,
    "sweep": _sweep,
    "download": _download,
    "import": _import,
    "statement": _statement,
    "costs": _costs,
}
KINDS = tuple(_COMMANDS)
ATTEMPTS = {"download": 3}
"""How often a job of a kind is tried where something outside fails; once without an entry."""
