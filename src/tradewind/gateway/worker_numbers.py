"""Numbers of all workers of a home together, for whichever of them is asked for metrics.

Each worker writes its own down now and then, to a file that it holds a lock beside; whoever adds
up the files folds those of workers that have ended into one, so that no counter ever falls.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

FOLDER = "metrics"
WRITE_S = 2.0
"""How often a worker writes its numbers down; others are as old as that at most."""
NUMBERS, LOCK = ".numbers", ".lock"
ENDED = "ended"


class Numbers(msgspec.Struct):
    """What a worker counted; `gauges` are of now, all else only grows.

    >>> one = Numbers({"GET /health 200": 2}, {"GET /health": [2.0, 0.1]}, {"hit": 1.0}, {"b": 5.0})
    >>> total = Numbers()
    >>> total.add(one), total.add(one)
    (None, None)
    >>> total.counts, total.rows, total.gauges
    ({'GET /health 200': 4}, {'GET /health': [4.0, 0.2]}, {'b': 10.0})
    """

    counts: dict[str, int] = {}
    rows: dict[str, list[float]] = {}
    counters: dict[str, float] = {}
    gauges: dict[str, float] = {}

    def add(self, other: Numbers) -> None:
        """Add another worker's."""
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        for name, row in other.rows.items():
            own = self.rows.get(name, [0.0] * len(row))
            self.rows[name] = [a + b for a, b in zip(own, row, strict=True)]
        for name, value in other.counters.items():
            self.counters[name] = self.counters.get(name, 0.0) + value
        for name, value in other.gauges.items():
            self.gauges[name] = self.gauges.get(name, 0.0) + value


class WorkerNumbers:
    """One worker's place among the files of a home; blocking.

    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> one, other = WorkerNumbers(home), WorkerNumbers(home)
    >>> one.write(Numbers({"GET /health 200": 2}))
    >>> other.total(Numbers({"GET /health 200": 3})).counts
    {'GET /health 200': 5}
    >>> one.close()
    >>> other.total(Numbers({"GET /health 200": 3})).counts
    {'GET /health 200': 5}
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._name = f"{os.getpid()}-{time.monotonic_ns()}"
        self._lock = os.open(self._folder / f"{self._name}{LOCK}", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def write(self, numbers: Numbers) -> None:
        """Write the numbers of this worker down; a full disk leaves the last ones."""
        try:
            _put(self._folder / f"{self._name}{NUMBERS}", numbers)
        except OSError:
            return

    def total(self, own: Numbers) -> Numbers:
        """The numbers of all workers: this one's as given, the others' as they wrote them."""
        total = Numbers()
        total.add(own)
        with _alone(self._folder):
            for path in sorted(self._folder.glob(f"*{NUMBERS}")):
                if path.stem not in (self._name, ENDED):
                    self._add(path, total)
            total.add(_get(self._folder / f"{ENDED}{NUMBERS}"))
        return total

    def close(self) -> None:
        """Let others see that this worker has ended."""
        os.close(self._lock)

    def _add(self, path: Path, total: Numbers) -> None:
        """Add a worker that lives; fold one that has ended into what is kept of those."""
        numbers = _get(path)
        lock = path.with_suffix(LOCK)
        if _is_held(lock):
            total.add(numbers)
            return
        ended = _get(self._folder / f"{ENDED}{NUMBERS}")
        numbers.gauges = {}
        ended.add(numbers)
        _put(self._folder / f"{ENDED}{NUMBERS}", ended)
        path.unlink(missing_ok=True)
        lock.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep two workers from folding the same file."""
    descriptor = os.open(folder / f"{ENDED}{LOCK}", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _get(path: Path) -> Numbers:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Numbers)
    except (FileNotFoundError, msgspec.DecodeError):
        return Numbers()


def _put(path: Path, numbers: Numbers) -> None:
    draft = path.with_suffix(f".{os.getpid()}.part")
    draft.write_bytes(msgspec.msgpack.encode(numbers))
    draft.replace(path)
