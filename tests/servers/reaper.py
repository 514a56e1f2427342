"""Run a command, and reap at once whatever it leaves behind, as the init of a machine does.

Where the first process of a container reaps late, a killed database stays as a zombie for seconds,
and Patroni takes it for one that runs. The text of this file is run by the system's own Python.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """Run `sys.argv[1:]` until it ends; its orphans become children of this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot become a reaper")
    command = subprocess.Popen(sys.argv[1:])
    while True:
        pid, status = os.wait()
        if pid == command.pid:
            return os.waitstatus_to_exitcode(status) & 0xFF


if __name__ == "__main__":
    sys.exit(main())
