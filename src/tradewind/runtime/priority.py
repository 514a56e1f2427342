"""Real-time priority of a process: asked of Linux, bounded, given back where it computes too long.

Whoever has it is given a processor as soon as it wants one, in front of all ordinary programs. A
process that computes for a second without waiting for anything gives it back for a while, so that
an endless loop cannot keep a machine from its people. What such a process starts is an ordinary
program from its first moment: nobody there would answer the signal that ends who computes too long.

Meanwhile the processors do not sleep, where that may be asked: one that sleeps wakes late, a
virtual one most of all (https://docs.kernel.org/power/pm_qos_interface.html).
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

from tradewind.model.errors import UserError

LEVEL = 5
"""Of 1 to 99: in front of ordinary programs, behind the kernel's own threads (50)."""
LEVEL_BEHIND = 1
"""In front of ordinary programs too, but behind those that have `LEVEL`."""
BUDGET_S = 1.0
"""So long a thread may compute without waiting for anything; the system looks."""
REST_S = 5.0
"""How long a process that computed longer goes without."""
LOOK_S = 0.5
"""How often threads that were begun meanwhile are given the priority: they are born without."""
COMPUTED, OVER = "computed", "over"
_OWN_THREADS = "/proc/self/task"
WAKING_US = Path("/dev/cpu_dma_latency")
"""Who holds this open says how late a processor may wake, in microseconds."""

LOG = logging.getLogger("tradewind.priority")


def check_permitted() -> None:
    """Raise `UserError` where this process may not have real-time priority."""
    if not hasattr(os, "sched_setscheduler"):
        raise UserError(
            "TRADEWIND_PRIORITY=realtime needs Linux: set TRADEWIND_PRIORITY=normal here"
        )
    try:
        _put_real_time(0, LEVEL)
    except PermissionError:
        raise UserError(
            f"this user may not have real-time priority: allow it with LimitRTPRIO={LEVEL} in the "
            f"systemd unit, `rtprio {LEVEL}` in /etc/security/limits.conf or --cap-add SYS_NICE of "
            "a container, or set TRADEWIND_PRIORITY=normal"
        ) from None
    _put_normal(0)


def give_back() -> None:
    """Be an ordinary process again."""
    if hasattr(os, "sched_setscheduler"):
        _of_all_threads(_put_normal)


@contextmanager
def real_time(level: int = LEVEL) -> Iterator[None]:
    """Real-time priority for all threads of this process meanwhile; call it on the main thread.

    `UserError` where it is not permitted.
    """
    check_permitted()
    with awake(), _prioritized(level):
        yield


@contextmanager
def awake() -> Iterator[None]:
    """Keep all processors from sleeping meanwhile; the log says where that is not permitted."""
    with ExitStack() as held:
        try:
            file = held.enter_context(WAKING_US.open("wb", buffering=0))
            file.write((0).to_bytes(4, sys.byteorder))
        except OSError as error:
            LOG.warning("processors_may_sleep file=%s reason=%s", WAKING_US, error.strerror)
        yield


@contextmanager
def _prioritized(level: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_RTTIME)
    computed: SimpleQueue[str] = SimpleQueue()

    def begin_rest(number: int, frame: FrameType | None) -> None:
        give_back()
        computed.put(COMPUTED)

    former = signal.signal(signal.SIGXCPU, begin_rest)
    _take(level, limits[1])
    resting = threading.Thread(target=_rest, args=(computed, level, limits[1]), name="priority")
    resting.start()
    try:
        yield
    finally:
        computed.put(OVER)
        resting.join()
        give_back()
        resource.setrlimit(resource.RLIMIT_RTTIME, limits)
        signal.signal(signal.SIGXCPU, former)


def _rest(computed: SimpleQueue[str], level: int, hard_limit: int) -> None:
    """Take the priority again a while behind each time it was given back, until told to end."""
    while (word := _heard(computed)) != OVER:
        if not word:
            _take(level, hard_limit)
            continue
        give_back()  # a look for new threads may have been under way
        LOG.warning("priority_given_back computed_s=%.1f rest_s=%.1f", BUDGET_S, REST_S)
        ends_s = time.monotonic() + REST_S
        while (left_s := ends_s - time.monotonic()) > 0:
            try:
                if computed.get(timeout=left_s) == OVER:
                    return
            except Empty:
                break
        _take(level, hard_limit)


def _heard(computed: SimpleQueue[str]) -> str:
    """What was said, "" where it is time to look for new threads."""
    try:
        return computed.get(timeout=LOOK_S)
    except Empty:
        return ""


def _take(level: int, hard_limit: int) -> None:
    # Linux moves the limit on by a second each time it is reached.
    resource.setrlimit(resource.RLIMIT_RTTIME, (int(BUDGET_S * 1e6), hard_limit))
    _of_all_threads(lambda thread: _put_real_time(thread, level))


def _of_all_threads(put: Callable[[int], None]) -> None:
    for name in os.listdir(_OWN_THREADS):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            put(int(name))


def _put_real_time(thread: int, level: int) -> None:
    os.sched_setscheduler(thread, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(level))


def _put_normal(thread: int) -> None:
    # who has said that nothing is handed down may take that back with privileges only
    os.sched_setscheduler(thread, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
