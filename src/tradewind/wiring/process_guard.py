"""Keeps the memory of a process that holds keys out of core dumps and of other processes."""

from __future__ import annotations

import ctypes
import resource

PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """No core file, and no reading of this process by another one of the same user.

    Linux alone knows the second; elsewhere the first has to do.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
