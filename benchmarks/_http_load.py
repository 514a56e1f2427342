"""A lean program that asks a server at a steady rate over several connections, as one process.

It is open: what is due is asked whether or not earlier answers have come, and what waits for a
free connection counts as late; so a server that falls behind shows it. It shares the machine with
the server and says how much of a core it took.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any, cast

import uvloop

DRAIN_S = 30.0
TICK_S = 0.002
REFUSED = 400
REASONS_MAX = 50


class Connection(asyncio.Protocol):
    """One request at a time; the answer's length is taken from its head."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.transport: asyncio.Transport | None = None
        self.buffer = b""
        self.kind = ""
        self.due_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.load.give(self)

    def ask(self, kind: str, raw: bytes, due_s: float) -> None:
        assert self.transport is not None, "it is connected"
        self.kind, self.due_s = kind, due_s
        self.transport.write(raw)

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        place = self.buffer.lower().find(b"content-length: ", 0, head_end)
        length = int(self.buffer[place + 16 : self.buffer.find(b"\r", place)])
        if len(self.buffer) < head_end + 4 + length:
            return
        status, body, self.buffer = int(self.buffer[9:12]), self.buffer[head_end + 4 :], b""
        self.load.note(self.kind, status, self.due_s)
        if status >= REFUSED:
            self.load.note_reason(status, body)
        self.load.give(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.load.lost += 1


class Load:
    """Asks what a plan says: a list of (kind, method, path, body) that is gone through in turn."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.free: deque[Connection] = deque()
        self.due: deque[tuple[str, bytes, float]] = deque()
        self.found: dict[str, dict[int, list[float]]] = {}
        self.reasons: Counter[str] = Counter()
        self.lost = 0
        self.took_s = 0.0
        self.asked = 0

    def give(self, connection: Connection) -> None:
        if self.due:
            connection.ask(*self.due.popleft())
        else:
            self.free.append(connection)

    def note(self, kind: str, status: int, due_s: float) -> None:
        late = time.perf_counter() - due_s
        self.found.setdefault(kind, {}).setdefault(status, []).append(late)

    def note_reason(self, status: int, body: bytes) -> None:
        """Count a refusal by its sentence, one without by its first bytes."""
        try:
            sentence = str(json.loads(body)["detail"])
        except (ValueError, KeyError, TypeError):
            sentence = repr(body[:80])
        if sentence not in self.reasons and len(self.reasons) >= REASONS_MAX:
            sentence = "another reason"
        self.reasons[f"{status} {sentence}"] += 1

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self.plan["connections"]):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.plan["port"])
        started = time.perf_counter()
        total = int(self.plan["rate"] * self.plan["seconds"])
        while self.asked < total:
            until = min(total, int((time.perf_counter() - started) * self.plan["rate"]) + 1)
            while self.asked < until:
                self.put(started + self.asked / self.plan["rate"])
            await asyncio.sleep(TICK_S)
        ends = time.perf_counter() + DRAIN_S
        while len(self.free) < self.plan["connections"] and time.perf_counter() < ends:
            await asyncio.sleep(TICK_S)
        self.took_s = time.perf_counter() - started

    def put(self, due_s: float) -> None:
        kind, method, path, body = self.plan["requests"][self.asked % len(self.plan["requests"])]
        key = self.plan["keys"][self.asked % len(self.plan["keys"])]
        self.asked += 1
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"X-API-Key: {key}"]
        if body:
            lines += [
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
                f"Idempotency-Key: {self.plan['salt']}-{self.asked}",
            ]
        raw = "\r\n".join([*lines, "", body]).encode()
        if self.free:
            self.free.popleft().ask(kind, raw, due_s)
        else:
            self.due.append((kind, raw, due_s))


def asked(folder: Path, **plan: Any) -> dict[str, Any]:
    """Run a plan in a process of its own; per kind and status how many and how late."""
    path = folder / f"plan-{time.time_ns()}.json"
    path.write_text(json.dumps(plan | {"salt": str(time.time_ns())}))
    out = subprocess.run(
        [sys.executable, __file__, str(path)], capture_output=True, text=True, check=True,
        # As if it was another machine: Linux gives what is in one session one share together.
        start_new_session=True,
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(out)
    return found


def summed(times: list[float]) -> dict[str, float]:
    """How many, and percentiles in milliseconds."""
    found = sorted(times)

    def share(part: float) -> float:
        return round(found[min(len(found) - 1, int(len(found) * part))] * 1000, 2)

    return {"count": len(found), "p50_ms": share(0.5), "p95_ms": share(0.95), "p99_ms": share(0.99)}


def main() -> None:
    """Run the plan of a file, and print what was found."""
    load = Load(json.loads(Path(sys.argv[1]).read_text()))
    started = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(load.run())
    seconds = time.perf_counter() - started
    good = [
        late
        for kinds in load.found.values()
        for status, times in kinds.items()
        for late in times
        if status < 300
    ]
    print(
        json.dumps(
            {
                "kinds": {
                    kind: {str(status): summed(times) for status, times in kinds.items()}
                    for kind, kinds in load.found.items()
                },
                "good": summed(good) if good else None,
                "good_per_s": len(good) / max(load.took_s, load.plan["seconds"]),
                "reasons": load.reasons,
                "asked": load.asked,
                "unanswered": load.asked - sum(
                    len(times) for kinds in load.found.values() for times in kinds.values()
                ),
                "lost": load.lost,
                "own_core_share": time.process_time() / seconds,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
