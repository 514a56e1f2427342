"""Answers that were kept: a question of today's quota is asked once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tradewind.ports.platform import Clock

FILES_MAX = 2_000
"""Answers kept; beyond it the oldest go."""
HOUR_NS = 3_600 * 10**9
FOR_EVER_NS = 2**62


class Answers:
    """Files named by what was asked, which never holds the key."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def find(self, question: str, max_age_ns: int) -> bytes | None:
        """A kept answer that is young enough."""
        try:
            file = self._file(question)
            age_ns = self._clock.now_ns() - file.stat().st_mtime_ns
            return file.read_bytes() if 0 <= age_ns < max_age_ns else None
        except FileNotFoundError:
            return None

    def keep(self, question: str, answer: bytes) -> None:
        """Keep an answer, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(question)
        beside = file.with_suffix(".new")
        beside.write_bytes(answer)
        now_ns = self._clock.now_ns()
        os.utime(beside, ns=(now_ns, now_ns))
        beside.replace(file)
        files = sorted(self._folder.glob("*.json"), key=lambda each: each.stat().st_mtime_ns)
        for old in files[:-FILES_MAX]:
            old.unlink(missing_ok=True)

    def _file(self, question: str) -> Path:
        return self._folder / f"{hashlib.sha256(question.encode()).hexdigest()[:32]}.json"
