"""Local venues as processes of their own, for the adapters under test."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from tradewind.adapters.net.secret import Secret

ENDS_AFTER_S = 120
"""A venue that a test forgot ends by itself."""
FRIDAY_MORNING = "2026-11-20T15:00:00Z"


class LocalVenue(msgspec.Struct):
    """A venue that runs: where it is, and the keys of its accounts."""

    url: str
    ws_url: str
    keys: dict[str, tuple[Secret, Secret]]

    def operator(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the operator's routes: faults, accounts, the log of orders."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            f"{self.url}/admin/{path}", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read())


@contextmanager
def local_venue(name: str, *options: str) -> Iterator[LocalVenue]:
    """Run `tradewind venue NAME` on a free port."""
    command = [sys.executable, "-m", "tradewind", "venue", name, "--json"]
    command += ["--for", str(ENDS_AFTER_S), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            about = json.loads(process.stdout.readline())
            keys = {
                each["name"]: (Secret(each["key"]), Secret(each.get("secret") or ""))
                for each in about["accounts"]
            }
            yield LocalVenue(about["url"], about["ws_url"], keys)
        finally:
            process.terminate()
            process.wait(10)
