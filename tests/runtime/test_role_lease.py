"""The lease of a role: renewed by who lives, taken from who is frozen, and from nobody else."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.model.errors import UserError
from tradewind.runtime import role_lease
from tradewind.runtime.role_lease import RoleLease, Watch, begun_of, end_process
from tradewind.wiring.role_place import taken_lock

ROLE = "market-data"
HOLDS = """
import sys, time
from pathlib import Path
from tradewind.runtime.role_lease import RoleLease
lease = RoleLease(Path(sys.argv[1]), sys.argv[2])
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the role."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path), ROLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def stand_by(home: Path, seconds: float) -> int:
    """Stand by for so long; the epoch of the lease that came of it, 0 without one."""

    async def wait() -> int:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        lease = await taken_lock(home, ROLE, stop, patience_s=float("inf"))
        if lease is None:
            return 0
        lease.close()
        return lease.epoch

    return asyncio.run(wait())


def test_a_frozen_holder_is_ended_and_never_goes_on(
    holder: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role_lease, "FROZEN_S", 1.0)
    holder.send_signal(signal.SIGSTOP)
    assert stand_by(tmp_path, 60) == 2
    holder.send_signal(signal.SIGCONT)
    assert holder.wait(10) == -signal.SIGKILL


def test_a_holder_that_lives_keeps_the_role(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    now, path = [0.0], tmp_path / f"{ROLE}.lock"
    watch = Watch(tmp_path, ROLE, lambda: now[0])
    for _ in range(3):
        before = path.read_bytes()
        for _ in range(role_lease.LOOKS_MIN - 1):
            now[0] += 1_000
            watch.look()
        while path.read_bytes() == before:  # the test's own deadline ends one that never renews
            time.sleep(0.01)
    assert holder.poll() is None
    with pytest.raises(UserError, match="another process plays the role market-data"):
        RoleLease(tmp_path, ROLE)


def test_epochs_grow_from_holder_to_holder(tmp_path: Path) -> None:
    epochs = []
    for _ in range(3):
        lease = RoleLease(tmp_path, ROLE)
        epochs.append(lease.epoch)
        lease.close()
    assert epochs == [1, 2, 3]
    (tmp_path / f"{ROLE}.lock").write_text("what an older version left")
    lease = RoleLease(tmp_path, ROLE)
    assert lease.epoch == 1
    lease.close()


def test_a_holder_whose_event_loop_stands_still_renews_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role_lease, "RENEW_S", 0.01)
    monkeypatch.setattr(role_lease, "STALL_S", 0.3)
    path = tmp_path / f"{ROLE}.lock"
    lease = RoleLease(tmp_path, ROLE)
    lease.beat()
    time.sleep(0.7)
    silent = path.read_bytes()
    time.sleep(0.3)
    assert path.read_bytes() == silent
    lease.beat()
    deadline_s = time.monotonic() + 10
    while path.read_bytes() == silent:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    lease.close()


def test_only_a_process_that_began_then_is_ended(holder: subprocess.Popen[str]) -> None:
    begun = begun_of(holder.pid)
    assert begun > 0
    assert end_process(holder.pid, begun + 1)
    assert not end_process(holder.pid, 0)
    assert holder.poll() is None
    assert end_process(holder.pid, begun)
    assert holder.wait(10) == -signal.SIGKILL


def test_a_standby_that_was_frozen_itself_looks_again_first(
    holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    now = [0.0]
    holder.send_signal(signal.SIGSTOP)
    watch = Watch(tmp_path, ROLE, lambda: now[0])
    watch.look()
    now[0] = 1_000.0
    for _ in range(role_lease.LOOKS_MIN):
        watch.look()
    assert holder.poll() is None
    watch.look()
    assert holder.wait(10) == -signal.SIGKILL


def test_nobody_is_ended_where_nothing_tells_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / f"{ROLE}.lock"
    other = f'{{"epoch":1,"pid":{os.getpid()},"begun":1,"renewed":1}}'
    for text in ("", "{}", other):
        path.write_text(text)
        now = [0.0]
        watch = Watch(tmp_path, ROLE, lambda now=now: now[0])  # type: ignore[misc]
        for _ in range(3 * role_lease.LOOKS_MIN):
            now[0] += 1
            watch.look()
