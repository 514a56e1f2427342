"""How long `import tradewind` and `tradewind --help` take in a fresh process, best of five."""

from __future__ import annotations

import json
import subprocess
import sys
import time

ROUNDS = 5
IMPORT_S_MAX = 0.4


def main() -> int:
    empty_s = best_s("-c", "pass")
    import_s = best_s("-c", "import tradewind")
    help_s = best_s("-m", "tradewind", "--help")
    result = {
        "python_s": round(empty_s, 3),
        "import_s": round(import_s - empty_s, 3),
        "help_s": round(help_s - empty_s, 3),
        "import_s_max": IMPORT_S_MAX,
    }
    print(json.dumps(result))
    return int(import_s - empty_s > IMPORT_S_MAX)


def best_s(*arguments: str) -> float:
    return min(elapsed_s([sys.executable, *arguments]) for _ in range(ROUNDS))


def elapsed_s(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
