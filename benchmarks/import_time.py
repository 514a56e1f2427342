"""How long `import tradewind` and `tradewind --help` take in a fresh process, best of five.

The floor is the import of numpy and msgspec, the ratio how often the import fits into 0.4 s.

What limits it: the interpreter reads a few modules; numpy comes with the first use of an engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from _measure import report

ROUNDS = 5
IMPORT_S_MAX = 0.4


def main() -> int:
    empty_s = best_s("-c", "pass")
    import_s = best_s("-c", "import tradewind")
    help_s = best_s("-m", "tradewind", "--help")
    numpy_s = best_s("-c", "import numpy, msgspec")
    own_s = import_s - empty_s
    code = report(
        "import_time",
        own_s,
        "s",
        floor=numpy_s - empty_s,
        ratio=IMPORT_S_MAX / own_s,
        target=1.0,
        python_s=empty_s,
        help_s=help_s - empty_s,
    )
    return max(code, int(own_s > IMPORT_S_MAX))


def best_s(*arguments: str) -> float:
    return min(elapsed_s([sys.executable, *arguments]) for _ in range(ROUNDS))


def elapsed_s(command: list[str]) -> float:
    # An installed package keeps its bytecode; told to keep none, each start would compile it anew.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=kept)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
