"""Runs benchmark files, each of which prints one JSON object, and shows the results as a table.

Names choose benchmarks; `--short` goes to each of them. The table is also kept in
`build/benchmarks.md`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path("benchmarks")
KEPT = Path("build", "benchmarks.md")
COLUMNS = ("figure", "unit", "floor", "ratio", "target")
HEAD = (
    "| benchmark | figure | unit | floor | ratio | target | more |\n|---|---|---|---|---|---|---|\n"
)


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; 1 when one of them failed or fell below its floor."""
    options = [argument for argument in arguments if argument.startswith("-")]
    named = [argument for argument in arguments if not argument.startswith("-")]
    files = [FOLDER / f"{name}.py" for name in named] or sorted(FOLDER.glob("[!_]*.py"))
    if not files:
        sys.stdout.write("bench: there are no benchmarks yet\n")
        return 0
    lines, failed = [HEAD], []
    sys.stdout.write(HEAD)
    for path in files:
        result, code = measured(path, options)
        lines.append(row(path.stem, result))
        failed += [path.stem] if code else []
        sys.stdout.write(lines[-1])
        sys.stdout.flush()
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text("".join(lines))
    if failed:
        sys.stderr.write(f"bench: below 0.7 of their target, or failed: {', '.join(failed)}\n")
    return int(bool(failed))


def measured(path: Path, options: list[str]) -> tuple[dict[str, Any] | None, int]:
    """Return what one benchmark printed, None when it failed (its errors go to stderr)."""
    command = [sys.executable, str(path), *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout) if done.stdout else None, done.returncode


def row(name: str, result: dict[str, Any] | None) -> str:
    """Return one benchmark's row of the table.

    >>> line = {"name": "loop", "figure": 3500000, "unit": "bars/s", "floor": 7000000}
    >>> print(row("loop", line | {"ratio": 0.5, "target": 0.5, "fills": 9}), end="")
    | loop | 3,500,000 | bars/s | 7,000,000 | 0.5 | 0.5 | fills 9 |
    """
    if result is None:
        return f"| {name} | failed | | | | | |\n"
    cells = " | ".join(shown(result.get(key, "")) for key in COLUMNS)
    more = ", ".join(
        f"{key} {shown(value)}" for key, value in result.items() if key not in ("name", *COLUMNS)
    )
    return f"| {name} | {cells} | {more} |\n"


def shown(value: object) -> str:
    """Return a value of a result as people read it."""
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
