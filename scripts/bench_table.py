"""Runs benchmark files, each of which prints one JSON object, and shows the results as a table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path("benchmarks")


def main(named: list[str]) -> int:
    """Run the named benchmarks, or all; 1 when one of them failed."""
    files = [FOLDER / f"{name}.py" for name in named] or sorted(FOLDER.glob("[!_]*.py"))
    if not files:
        sys.stdout.write("bench: there are no benchmarks yet\n")
        return 0
    results = {path.stem: measured(path) for path in files}
    for name, result in results.items():
        sys.stdout.write(table(name, result))
    return int(any(result is None for result in results.values()))


def measured(path: Path) -> dict[str, Any] | None:
    """Return what one benchmark printed, None when it failed (its errors go to stderr)."""
    done = subprocess.run([sys.executable, str(path)], stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def table(name: str, result: dict[str, Any] | None) -> str:
    """Return one benchmark's block of the table.

    >>> print(table("loop", {"bars_per_s": 3500000}), end="")
    loop
      bars_per_s            3,500,000
    """
    if result is None:
        return f"{name}\n  failed\n"
    return f"{name}\n" + "".join(f"  {key:<20}  {shown(value)}\n" for key, value in result.items())


def shown(value: object) -> str:
    """Return a value of a result as people read it."""
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
