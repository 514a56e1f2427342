"""Notifications of a real run: told in seconds, once, over restarts; a crash is told as well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.run_commands import Cli
from tradewind.runtime.control_client import EngineUnreachable, ask
from tradewind.runtime.control_messages import HaltRequest, StatusRequest

PATIENCE_S = 60.0
TOLD_S = 5.0


class Inbox:
    """A receiver of webhooks: what came, and when."""

    def __init__(self) -> None:
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.url = ""

    def lines(self) -> list[str]:
        """Every sentence that came."""
        return [line for _, body in self.got for line in body["lines"]]

    def wait_for(self, word: str, patience_s: float = PATIENCE_S) -> float:
        """When a sentence with a word came."""
        ends_s = time.monotonic() + patience_s
        while True:
            for at_s, body in list(self.got):
                if any(word in line for line in body["lines"]):
                    return at_s
            assert time.monotonic() < ends_s, f"no {word} in {self.lines()}"
            time.sleep(0.02)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.got.append((time.monotonic(), json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiving) as server:
        server.daemon_threads = True
        box.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()


@contextmanager
def platform(home: Path, inbox: Inbox, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A paper run whose webhook is the inbox."""
    environment = os.environ | {
        "WEBHOOK_URL": inbox.url,
        "NOTIFY_ALLOW_PRIVATE": "true",
        "TRADEWIND_STRATEGIES": "ma_crossover",
        **more,
    }
    command = [sys.executable, "-m", "tradewind", "run", "--without-gateway", "--json"]
    process = subprocess.Popen(
        [*command, "--home", str(home)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: bool(ask(home, StatusRequest())))
        until((home / "notify.json").exists)
        yield process
    finally:
        process.kill()
        process.wait()


def until(is_there: Callable[[], bool]) -> None:
    """Wait for what a run brings about."""
    ends_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_s:
        with suppress(EngineUnreachable):
            if is_there():
                return
        time.sleep(0.05)
    raise AssertionError("it did not come")


def test_a_halt_is_told_within_seconds_and_not_again_after_a_restart(
    tmp_path: Path, inbox: Inbox
) -> None:
    with platform(tmp_path, inbox) as process:
        asked_s = time.monotonic()
        ask(tmp_path, HaltRequest("all", "odd fills", "ann"))
        assert inbox.wait_for("odd fills") - asked_s < TOLD_S
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    told = len(inbox.got)
    with platform(tmp_path, inbox) as process:
        ask(tmp_path, HaltRequest("account:paper", "again", "ann"))
        inbox.wait_for("again")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    assert not any("odd fills" in line for _, body in inbox.got[told:] for line in body["lines"])
    assert not any("ended unexpectedly" in line for line in inbox.lines())


def test_what_nobody_was_told_while_the_channel_was_gone_is_told_at_the_next_start(
    tmp_path: Path, inbox: Inbox
) -> None:
    with platform(tmp_path, inbox, WEBHOOK_URL="http://127.0.0.1:1/gone") as process:
        ask(tmp_path, HaltRequest("all", "while it was gone", "ann"))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    with platform(tmp_path, inbox):
        inbox.wait_for("while it was gone")


def test_a_run_that_is_killed_is_told_as_a_failure(tmp_path: Path, inbox: Inbox) -> None:
    with platform(tmp_path, inbox) as process:
        process.kill()
        inbox.wait_for("ended unexpectedly")
    assert inbox.got[-1][1]["level"] == "critical"


def test_a_test_message_arrives_and_a_channel_that_is_not_set_says_so(
    tmp_path: Path,
    inbox: Inbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cli = Cli(tmp_path, capsys)
    monkeypatch.chdir(tmp_path)
    home = ("--home", str(tmp_path))
    assert "the channel webhook is not set" in cli.refused("notify", "test", "webhook", *home)
    assert "no channel is set" in cli.refused("notify", "run", *home)
    file = tmp_path / "url"
    file.write_text(inbox.url)
    file.chmod(0o600)
    monkeypatch.setenv("WEBHOOK_URL_FILE", str(file))
    refused = cli.refused("notify", "test", "webhook", *home, code=1)
    assert "plain HTTP" in refused
    assert inbox.got == []
    monkeypatch.setenv("NOTIFY_ALLOW_PRIVATE", "true")
    assert cli.json("notify", "test", "webhook", *home) == {"told": "webhook"}
    assert "can tell you what happens" in inbox.got[0][1]["title"]
    monkeypatch.setenv("TELEGRAM_TOKEN", "7:hunter2")
    assert "set TELEGRAM_CHATS" in cli.refused("notify", "test", "telegram", *home)
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("TELEGRAM_CHATS", "42")
    assert "set EMAIL_FROM" in cli.refused("notify", "test", "email", *home)
