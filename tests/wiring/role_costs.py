"""Processor seconds of each process of a split run, told by the system."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SERVER = "postgres"


class RoleCosts:
    """What each role spent since it was made, user and system time of what runs still."""

    def __init__(self, split: set[int], server: int) -> None:
        self._split, self._server = split, server
        self._begun = self._seconds()

    def since(self) -> dict[str, float]:
        """Seconds by role; those of the test, a local venue and the database's server too."""
        return {name: spent - self._begun[name] for name, spent in self._seconds().items()}

    def _seconds(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                words = (folder / "cmdline").read_text().split("\0")
                name = self._name(int(folder.name), int(stat[1]), words)
                if name:
                    found[name] += (int(stat[11]) + int(stat[12])) / TICKS_PER_S
        return found

    def _name(self, pid: int, parent: int, words: list[str]) -> str:
        """Whose process it is, "" where it is none of the run."""
        if pid == os.getpid():
            return "test"
        if self._server in (pid, parent):
            return SERVER
        if pid in self._split:
            return "supervisor"
        if parent == os.getpid() and "venue" in words:
            return "venue"
        if parent not in self._split or "--role" not in words:
            return ""
        return words[words.index("--role") + 1]
