"""A job's process: one command, at low priority, which ends with the process that started it."""

from __future__ import annotations

import os
import sys
import threading

from tradewind.cli.main import main
from tradewind.cli.progress import ProgressBar

NICENESS = 10
"""Trading and the gateway come first."""
ABANDONED = 4
"""The exit code where whoever started it is gone."""


def run(words: list[str]) -> int:
    """Run a command line; its progress goes to stderr in lines."""
    # A group of its own against Ctrl-C, not a session: the priority would count within it only.
    os.setpgid(0, 0)
    os.nice(NICENESS)
    ProgressBar.in_lines = True
    threading.Thread(target=_end_with_starter, daemon=True).start()
    return main(words)


def _end_with_starter() -> None:
    """Wait for the end of standard input, whose other end only the starter holds."""
    # Unbuffered: a lock held here would be in the way of the interpreter's end.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(ABANDONED)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
