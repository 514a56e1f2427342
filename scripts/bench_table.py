"""Runs benchmark files, each of which prints one JSON object, and shows the results as a table.

Names choose benchmarks; `--short` goes to each of them. The table is also kept in
`build/benchmarks.md`; with `--write` it becomes `docs/reference/performance.md`, together with the
last comparison with peers.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path("benchmarks")
KEPT = Path("build", "benchmarks.md")
PEERS = Path("build", "peers.json")
REFERENCE = Path("docs", "reference", "performance.md")
COLUMNS = ("figure", "unit", "floor", "ratio", "target", "asked", "reached")
PLAIN = ("bars", "trades", "order_life")
"""Benchmarks that are also run in plain Python, of which figures were asked too."""
LIMIT = "What limits it: "
HEAD = "| benchmark | figure | unit | floor | ratio | target | asked | reached | more |\n"
HEAD += "|---" * 9 + "|\n"
PEERS_HEAD = """| workload | peer | its rows/s | ours | ratio | its fills | ours |
|---|---|---|---|---|---|---|
"""
ABOUT = """# Performance

Written by `scripts/bench --write`{peers}. {when}, commit {commit}, {machine}.

Each benchmark is a file of `benchmarks/` that says what it measures. `floor` is its yardstick in
the same unit: in most a bare CPython loop over the same rows, with the same arithmetic and no
engine (`benchmarks/floor.py`). It runs in turn with the claim, best of five, in CPU time, so
`ratio` says how well we do against it whatever the machine does beside; more is better. A ratio
below 0.7 of its `target`, which is what was reached before, fails the tests. `asked` is the goal
(`benchmarks/_asked.py`). Last come those that were asked in plain Python too, without a compiler.

"""
ABOUT_PEERS = """
## Beside others

`scripts/bench --peers` runs the same workload on the same rows in other programs, each in an
environment of its own, in turn with ours, best of three, CPU time of the run alone. `ratio` is our
speed by theirs. Programs differ in what they model: the fills say how far two runs are alike.

"""


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; 1 when one of them failed or fell below its floor."""
    options = [argument for argument in arguments if argument.startswith("-")]
    named = [argument for argument in arguments if not argument.startswith("-")]
    files = [FOLDER / f"{name}.py" for name in named] or sorted(FOLDER.glob("[!_]*.py"))
    lines, failed = [HEAD], []
    sys.stdout.write(HEAD)
    passed = [option for option in options if option != "--write"]
    plain = [(path, "1") for path in files if path.stem in PLAIN]
    for path, is_plain in [*((path, "0") for path in files), *plain]:
        result, code = measured(path, passed, is_plain)
        name = f"{path.stem}, plain" if is_plain == "1" else path.stem
        lines.append(row(name, result))
        failed += [name] if code else []
        sys.stdout.write(lines[-1])
        sys.stdout.flush()
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text("".join(lines))
    if "--write" in options:
        REFERENCE.write_text(reference("".join(lines)))
    if failed:
        sys.stderr.write(f"bench: below 0.7 of their target, or failed: {', '.join(failed)}\n")
    return int(bool(failed))


def measured(path: Path, options: list[str], is_plain: str) -> tuple[dict[str, Any] | None, int]:
    """Return what one benchmark printed, None when it failed (its errors go to stderr).

    `is_plain` is the TRADEWIND_PURE it runs with: "1" for plain Python.
    """
    command = [sys.executable, str(path), *options]
    environment = {**os.environ, "TRADEWIND_PURE": is_plain}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=False)
    return json.loads(done.stdout) if done.stdout else None, done.returncode


def row(name: str, result: dict[str, Any] | None) -> str:
    """Return one benchmark's row of the table.

    >>> line = {"name": "loop", "figure": 3500000, "unit": "bars/s", "floor": 7000000}
    >>> print(row("loop", line | {"ratio": 0.5, "target": 0.5, "fills": 9}), end="")
    | loop | 3,500,000 | bars/s | 7,000,000 | 0.5 | 0.5 |  |  | fills 9 |
    """
    if result is None:
        return f"| {name} | failed | | | | | | | |\n"
    cells = " | ".join(shown(result.get(key, "")) for key in COLUMNS)
    more = ", ".join(
        f"{key} {shown(value)}"
        for key, value in result.items()
        if key not in ("name", "compiled", *COLUMNS)
    )
    return f"| {name} | {cells} | {more} |\n"


def shown(value: object) -> str:
    """Return a value of a result as people read it."""
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def reference(table: str) -> str:
    """The document around the tables."""
    peers = json.loads(PEERS.read_text()) if PEERS.exists() else []
    text = ABOUT.format(
        peers=" and `--peers`" if peers else "",
        when=f"{datetime.now(UTC):%Y-%m-%d}",
        commit=commit(),
        machine=machine(),
    )
    text += table + "\n## What limits each\n\n" + limits()
    if not peers:
        return text
    return text + ABOUT_PEERS + PEERS_HEAD + "".join(map(peer_row, peers))


def limits() -> str:
    """What every benchmark says of itself, as a list."""
    return "".join(
        f"- **{path.stem}**: {limit_of(path.read_text())}\n"
        for path in sorted(FOLDER.glob("[!_]*.py"))
    )


def limit_of(source: str) -> str:
    """The paragraph of a benchmark's docstring that says what limits it, on one line.

    >>> limit_of('\"\"\"A loop.\\n\\nWhat limits it: the\\ninterpreter.\\n\"\"\"')
    'the interpreter.'
    """
    told = ast.get_docstring(ast.parse(source)) or ""
    paragraphs = [" ".join(each.split()) for each in told.split("\n\n")]
    return next(each.removeprefix(LIMIT) for each in paragraphs if each.startswith(LIMIT))


def peer_row(found: dict[str, Any]) -> str:
    """One comparison's row.

    >>> peer_row({"workload": "bars", "peer": "a", "error": "no wheel"})
    '| bars | a | not compared: no wheel | | | | |\\n'
    """
    if "error" in found:
        return (
            f"| {found['workload']} | {found['peer']} | not compared: {found['error']} | | | | |\n"
        )
    cells = (
        found["workload"],
        f"{found['peer']} {found['version']}",
        shown(found["peer_per_s"]),
        shown(found["ours_per_s"]),
        shown(found["ratio"]),
        shown(found["peer_fills"]),
        shown(found["our_fills"]),
    )
    return f"| {' | '.join(cells)} |\n"


def commit() -> str:
    """The short name of the commit, with a mark where files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def machine() -> str:
    """The processor, how many cores, how busy they were, and the Python."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores of {name}, load {load:.0f}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
