"""A local venue as a process of its own, for tests of adapters."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LIFE_S = 240
"""It ends by itself, should a test not end it."""


class LocalVenue:
    """Where it is, its accounts, and the operator's routes."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.address: str = about["url"].removeprefix("http://")

    def account(self, name: str) -> dict[str, str]:
        """An account with its key and secret."""
        return next(each for each in self.about["accounts"] if each["name"] == name)

    def fault(self, name: str, **strength: Any) -> None:
        """Switch a fault on."""
        self.operate("POST", "faults", {"name": name, **strength})

    def heal(self) -> None:
        """All faults off."""
        self.operate("DELETE", "faults")

    def operate(self, method: str, route: str, body: dict[str, Any] | None = None) -> Any:
        """Call one of the operator's routes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.about['url']}/admin/{route}", data=data, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def log(self) -> list[dict[str, Any]]:
        """The venue's own log."""
        return self.operate("GET", "log")


@contextmanager
def local_venue(name: str, *options: str) -> Iterator[LocalVenue]:
    """Run `tradewind venue NAME` on a free port."""
    command = [sys.executable, "-m", "tradewind", "venue", name, "--json", "--for", str(LIFE_S)]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            assert process.stderr is not None
            raise AssertionError(process.stderr.read())
        yield LocalVenue(json.loads(line))
    finally:
        process.terminate()
        process.communicate(timeout=20)
