"""Real-time priority is had while it is asked for, by all threads, and not by who spins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.real_time import needs_priority
from tradewind.model.errors import UserError
from tradewind.runtime import priority
from tradewind.runtime.priority import check_permitted

NOBODY = 65534


BEGIN = """
import os, subprocess, sys, threading, time
from tradewind.runtime import priority
from tradewind.runtime.priority import give_back, real_time

def policy(thread=0):
    return os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK

def policies():
    return {policy(int(one)) for one in os.listdir("/proc/self/task")}

def until(is_so):
    ends_s = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends_s
        time.sleep(0.01)
"""


def played(text: str) -> str:
    """What a process of its own says, which ends well."""
    command = [sys.executable, "-c", BEGIN + text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_priority
def test_all_threads_have_the_priority_meanwhile_and_none_has_it_behind() -> None:
    told = played("""
held = threading.Event()
threading.Thread(target=held.wait).start()
with real_time():
    later = threading.Thread(target=held.wait)
    later.start()
    until(lambda: policies() == {os.SCHED_RR})
    assert len(os.listdir("/proc/self/task")) >= 3
    print(policies() == {os.SCHED_RR}, os.sched_getparam(0).sched_priority == priority.LEVEL)
print(policies() == {os.SCHED_OTHER})
held.set()
""")
    assert told.split() == ["True", "True", "True"]


@needs_priority
def test_what_a_process_with_the_priority_starts_is_an_ordinary_program_from_the_first() -> None:
    told = played("""
if sys.argv[1:]:
    print(policies() == {os.SCHED_OTHER})
else:
    with real_time():
        print(policy() == os.SCHED_RR)
        print(subprocess.check_output([sys.executable, *sys.orig_argv[1:], "child"], text=True))
""")
    assert told.split() == ["True", "True"]


@needs_priority
def test_the_processors_are_kept_awake_meanwhile() -> None:
    told = played("""
from tempfile import NamedTemporaryFile
kept = NamedTemporaryFile()
priority.WAKING_US = priority.Path(kept.name)
def holders():
    return [os.readlink(one.path) for one in os.scandir("/proc/self/fd")
            if os.path.islink(one.path)].count(kept.name)
with real_time():
    print(holders(), kept.read() == bytes(4))
print(holders())
""")
    assert told.split() == ["2", "True", "1"]


def test_processors_that_may_not_be_kept_awake_are_named_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(priority, "WAKING_US", tmp_path / "none" / "cpu_dma_latency")
    with priority.awake():
        (said,) = caplog.messages
    assert said.startswith("processors_may_sleep file=")
    assert said.endswith("reason=No such file or directory")


@needs_priority
def test_who_computes_for_too_long_goes_without_for_a_while_and_has_it_again() -> None:
    told = played("""
priority.BUDGET_S = 0.05
priority.REST_S = 0.3
with real_time():
    for _ in range(2):
        ends_s = time.monotonic() + 30
        while policy() == os.SCHED_RR and time.monotonic() < ends_s:
            pass
        print(policy() == os.SCHED_OTHER)
        until(lambda: policies() == {os.SCHED_RR})
""")
    assert told.split() == ["True", "True"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_a_user_who_may_not_have_it_is_told_in_one_sentence() -> None:
    told = played(f"""
import resource
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
try:
    with real_time():
        print("had")
except Exception as error:
    print(type(error).__name__, error)
""")
    assert told.startswith("UserError this user may not have real-time priority: allow it with")
    assert told.count("\n") == 1


def test_a_system_without_such_priorities_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(priority.os, "sched_setscheduler")
    with pytest.raises(UserError, match="needs Linux"):
        check_permitted()
    priority.give_back()
