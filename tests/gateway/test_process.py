"""The gateway as a real process: claims its port, serves, ends with its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.process import (
    HOST,
    LOG_BYTES_MAX,
    LOG_NAME,
    RESTART_INTERVAL_S,
    GatewayProcess,
    claim_port,
    unclaimed_socket,
)
from tradewind.model.errors import OutsideError

PATIENCE_S = 30

PARENT = """
import sys, time
from pathlib import Path
from tradewind.gateway.process import GatewayProcess, claim_port
gateway = GatewayProcess(Path(sys.argv[1]), claim_port(0))
gateway.start(0.0)
print(gateway.port, gateway.workers[0].pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    process = GatewayProcess(tmp_path, claim_port(0))
    process.start(0.0)
    yield process
    process.stop()


def health(port: int) -> dict[str, Any]:
    """Ask once the server is there; the socket listens before the process has come up."""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/health", timeout=PATIENCE_S
        ) as answer:
            found: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            found = json.load(error)
    return found


def wait_until_gone(process_id: int) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{process_id}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {process_id} is still there")


def test_a_request_made_while_it_starts_is_answered(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    assert health(gateway.port)["ok"] is False
    with running(tmp_path, MemoryEngine()):
        assert health(gateway.port)["ok"] is True


def test_workers_load_while_the_port_is_another_ones_and_give_it_back_in_order(
    tmp_path: Path,
) -> None:
    process = GatewayProcess(tmp_path, unclaimed_socket())
    with claim_port(0) as other:
        port = other.getsockname()[1]
        process.start(0.0)
        ends_at = time.monotonic() + PATIENCE_S
        while not process.is_loaded:
            assert time.monotonic() < ends_at, (tmp_path / LOG_NAME).read_text()
            time.sleep(0.02)
        with pytest.raises(OutsideError, match="is in use by another program"):
            process.claim(port, HOST)
        assert not process.workers[0].is_ready
    process.claim(port, HOST)
    assert health(port)["ok"] is False
    assert process.workers[0].is_ready
    process.stop()
    assert not process.is_running
    claim_port(port).close()


def test_a_gateway_that_hangs_is_killed(gateway: GatewayProcess) -> None:
    health(gateway.port)
    os.kill(gateway.workers[0].pid, signal.SIGSTOP)
    gateway.stop(deadline_s=0.1)
    assert not gateway.is_running


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        port, process_id = map(int, parent.stdout.readline().split())
        health(port)
        parent.kill()
    wait_until_gone(process_id)


def test_one_that_ended_by_itself_is_started_again_but_not_too_often(
    gateway: GatewayProcess,
) -> None:
    gateway.workers[0].kill()
    gateway.look_after(RESTART_INTERVAL_S - 0.1)
    assert not gateway.is_running
    gateway.look_after(RESTART_INTERVAL_S)
    assert gateway.is_running
    assert health(gateway.port)["ok"] is False


def test_a_port_in_use_is_one_sentence() -> None:
    with claim_port(0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(OutsideError, match=f"port {port} is in use by another program"):
            claim_port(port)


def test_a_log_that_is_too_long_begins_anew(tmp_path: Path) -> None:
    (tmp_path / LOG_NAME).write_bytes(b"x" * (LOG_BYTES_MAX + 1))
    process = GatewayProcess(tmp_path, claim_port(0))
    process.start(0.0)
    process.stop()
    assert (tmp_path / LOG_NAME).stat().st_size < LOG_BYTES_MAX


def test_importing_the_parents_side_loads_no_web_framework() -> None:
    code = "import sys, tradewind.gateway.process; print('fastapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
