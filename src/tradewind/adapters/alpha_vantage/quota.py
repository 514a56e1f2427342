"""The quota: requests of the last minute and the last day, kept across restarts in a file."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tradewind.adapters.net.rfc3339 import DAY_NS, time_text_of
from tradewind.ports.platform import Clock
from tradewind.ports.trading import Refused

MINUTE_NS = 60 * 10**9
WAITS_MAX = 10
"""Minutes that one request waits for; then it gives up."""


class Quota:
    """At most so many requests a minute and a day; both windows end now.

    The venue does not say when its day begins, so ours begins with each request. The file is
    locked while it is read and written, so that several processes share one quota; a file that
    cannot be read counts as a day that is used up, since guessing would cost the key.
    """

    def __init__(self, file: Path, *, per_minute: int, per_day: int, clock: Clock) -> None:
        self._file = file
        self.per_minute = per_minute
        self.per_day = per_day
        self._clock = clock

    async def take(self) -> None:
        """Count one request, waiting for the minute; `Refused` where the day is used up."""
        for _ in range(WAITS_MAX):
            wait_ns = self._try()
            if wait_ns == 0:
                return
            await asyncio.sleep(wait_ns / 10**9)
        raise Refused("other processes use up the minutes of Alpha Vantage: try again later")

    def used_up(self) -> None:
        """The venue says that the day is used up: believe it, whatever we counted."""
        with self._locked() as times:
            now_ns = self._clock.now_ns()
            times += [now_ns] * (self.per_day - len(times))

    @property
    def used(self) -> int:
        """Requests of the last day."""
        with self._locked() as times:
            return len(times)

    def _try(self) -> int:
        """0 and the request is counted, or how long to wait for the minute."""
        with self._locked() as times:
            now_ns = self._clock.now_ns()
            if len(times) >= self.per_day:
                free = time_text_of(times[-self.per_day] + DAY_NS)
                raise Refused(
                    f"{self.per_day} requests to Alpha Vantage are used up: the next one is free "
                    f"at {free}; with a paid key set alpha_vantage.requests_per_day"
                )
            recent = [each for each in times if each > now_ns - MINUTE_NS]
            if len(recent) >= self.per_minute:
                return recent[-self.per_minute] + MINUTE_NS - now_ns + 1
            times.append(now_ns)
            return 0

    @contextmanager
    def _locked(self) -> Iterator[list[int]]:
        """Times of requests within a day; what is changed in the block is written atomically."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            times = self._read()
            before = list(times)
            yield times
            if times != before:
                self._write(times)

    def _read(self) -> list[int]:
        now_ns = self._clock.now_ns()
        try:
            times = msgspec.json.decode(self._file.read_bytes(), type=list[int])
        except FileNotFoundError:
            return []
        except msgspec.DecodeError:
            return [now_ns] * self.per_day
        # a clock that was set back must not lock the quota for longer than a day
        return sorted(min(each, now_ns) for each in times if each > now_ns - DAY_NS)

    def _write(self, times: list[int]) -> None:
        beside = self._file.with_suffix(".new")
        with beside.open("wb") as out:
            out.write(msgspec.json.encode(times))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(self._file)
