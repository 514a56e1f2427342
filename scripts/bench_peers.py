"""Runs the workloads of `benchmarks/peers/` in other programs and in ours, on the same data.

Each peer has an environment of its own in `build/peers/`, made on first use with the newest version
for the Python at hand. A peer that cannot be installed or does not run is named with its reason.
What is measured is CPU time of the run alone, best of three; the results are kept in
`build/peers.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / "build" / "peers"
KEPT = ROOT / "build" / "peers.json"
FOLDER = ROOT / "benchmarks" / "peers"
PEERS = {
    "backtesting": ("bars", ["backtesting"]),
    "nautilus_trader": ("trades", ["nautilus_trader"]),
    "hftbacktest": ("depth_fills", ["hftbacktest"]),
}
"""Name -> the workload it is compared on, and what is installed."""
ROUNDS = 3
INSTALL_S_MAX = 1_200
RUN_S_MAX = 900


def main(arguments: list[str]) -> int:
    """Compare with the named peers, or all; 1 when one of them could not be compared."""
    named = [argument for argument in arguments if not argument.startswith("-")] or list(PEERS)
    options = [argument for argument in arguments if argument.startswith("-")]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in named:
            found = compared(name, Path(folder), options)
            results.append(found)
            sys.stdout.write(line_of(found) + "\n")
            sys.stdout.flush()
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(results, indent=1) + "\n")
    return int(any("error" in found for found in results))


def compared(name: str, folder: Path, options: list[str]) -> dict[str, Any]:
    """Both on the same rows, in turn."""
    workload, packages = PEERS[name]
    answer: dict[str, Any] = {"peer": name, "workload": workload}
    try:
        python = environment(name, packages)
        answer["version"] = peer_version(python, packages[0])
        data = folder / f"{workload}.npz"
        ours([workload, "write", str(data), *options])
        rounds = [
            (
                ours([workload, "run", str(data)]),
                output([python, FOLDER / f"{name}_py.py", data]),
            )
            for _ in range(ROUNDS)
        ]
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return answer | {"error": said[-1] if said else type(error).__name__}
    own = min((one for one, _ in rounds), key=lambda found: found["seconds"])
    peer = min((one for _, one in rounds), key=lambda found: found["seconds"])
    return answer | {
        "rows": own["rows"],
        "ours_per_s": round(own["rows"] / own["seconds"]),
        "peer_per_s": round(peer["rows"] / peer["seconds"]),
        "ratio": round(peer["seconds"] / own["seconds"], 2),
        "our_fills": own["fills"],
        "peer_fills": peer["fills"],
    }


def environment(name: str, packages: list[str]) -> Path:
    """The Python of a peer's environment, made if there is none."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        sys.stderr.write(f"bench: installing {name} into {folder} ...\n")
        output([sys.executable, "-m", "venv", "--clear", folder], seconds=INSTALL_S_MAX)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "-qq", *packages]
        output(pip, seconds=INSTALL_S_MAX)
        (folder / "installed").touch()
    return python


def peer_version(python: Path, package: str) -> str:
    """The version of an installed peer."""
    program = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))"
    done = subprocess.run(
        [python, "-c", program, package], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def ours(words: list[str]) -> dict[str, Any]:
    """What our side of a workload prints."""
    return output([sys.executable, FOLDER / "ours.py", *words])


def output(command: list[Any], *, seconds: float = RUN_S_MAX) -> dict[str, Any]:
    """The JSON that a command prints, nothing where it prints none; its errors are kept."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds,
        env=plain_environment(),
    )
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines else {}


def plain_environment() -> dict[str, str]:
    """The environment without what would lead a peer's Python to our packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def line_of(found: dict[str, Any]) -> str:
    """One comparison as people read it.

    >>> line_of({"peer": "a", "workload": "bars", "error": "no such package"})
    'a on bars: not compared: no such package'
    """
    head = f"{found['peer']} on {found['workload']}"
    if "error" in found:
        return f"{head}: not compared: {found['error']}"
    return (
        f"{head}: tradewind {version('tradewind')} {found['ours_per_s']:,} rows/s, {found['peer']} "
        f"{found['version']} {found['peer_per_s']:,} rows/s: {found['ratio']} x"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
