"""A local venue as a process of its own: the one way that tests start one."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tradewind.adapters.net.secret import Secret

LIFE_S = 900
"""It ends by itself, should a test not end it."""
OPERATOR_DEADLINE_S = 60
FRIDAY_MORNING = "2026-11-20T15:00:00Z"
"""A time at which the exchanges of equities are open."""


class LocalVenue:
    """Where it is, its accounts, and the operator's routes."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.url: str = about["url"]
        self.ws_url: str = about["ws_url"]
        self.address: str = self.url.removeprefix("http://")
        self.keys = {
            each["name"]: (Secret(each["key"]), Secret(each.get("secret") or ""))
            for each in about["accounts"]
        }
        """Key and secret by account."""

    @property
    def first(self) -> dict[str, str]:
        """The account that is named first, with its key and secret."""
        account: dict[str, str] = self.about["accounts"][0]
        return account

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
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self.url}/admin/{route}", data=data, method=method, headers=headers
        )
        with urllib.request.urlopen(request, timeout=OPERATOR_DEADLINE_S) as answer:
            return json.load(answer)

    def log(self) -> list[dict[str, Any]]:
        """The venue's own log."""
        entries: list[dict[str, Any]] = self.operate("GET", "log")
        return entries


@contextmanager
def local_venue(name: str, *options: str, life_s: float = LIFE_S) -> Iterator[LocalVenue]:
    """Run `tradewind venue NAME` on a free port."""
    command = [sys.executable, "-m", "tradewind", "venue", name, "--json", "--for", str(life_s)]
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
        process.communicate(timeout=60)
