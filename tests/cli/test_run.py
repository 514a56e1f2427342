"""`tradewind run` as a real process: with the gateway in it, stopped by a signal."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tradewind.cli.main import main

PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def asked(port: int, path: str) -> bytes:
    """Ask until somebody answers 200."""
    end_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                found: bytes = answer.read()
                return found
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < end_s
            time.sleep(0.05)


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_engine_and_gateway_in_one_process_trade_answer_and_stop_in_order(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "tradewind", "run", "--single", "--port", str(port), "--json"]
    process = subprocess.Popen(
        [*command, "--home", str(tmp_path / "home")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        status = json.loads(asked(port, "/api/v1/status"))
        assert (status["mode"], status["health"]["ok"]) == ("paper", True)
        assert b"engine_up 1.0" in asked(port, "/metrics")
        assert children(process.pid) == []
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert json.loads(printed)["sequence"] > 0
    assert b"leaked" not in said  # what DuckDB prints of objects that nobody lets go at the end


def test_live_trading_starts_no_gateway_that_asks_for_no_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "ENABLE_LIVE_TRADING": "true",
        "BINANCE_API_KEY": "a-key-of-nobody",
        "BINANCE_API_SECRET": "a-word-of-nobody",
        "LIVE_TRADING_CONFIRM": "1",
        "MAX_POSITION_SIZE": "100",
        "RISK_PER_TRADE": "0.01",
    }.items():
        monkeypatch.setenv(name, value)
    words = ["run", "--venue", "binance", "--mode", "live", "--home", str(tmp_path / "home")]
    assert main(words) == 2
    assert capsys.readouterr().err == (
        "tradewind: live trading with the gateway needs a login: set "
        "TRADEWIND_AUTHENTICATION=required, or run --without-gateway\n"
    )
