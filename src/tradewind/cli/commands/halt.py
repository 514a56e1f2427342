"""`tradewind halt`: stops new orders in a scope and cancels the working ones, at once.

Where no engine answers, a halt of everything is left as the HALT file, which the engine looks for
ten times a second and before it trades after a start. It is left as soon as the engine is slow:
an execution-engine acts by it while the core hangs.
"""

from __future__ import annotations

import argparse
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from tradewind.cli.engine import add_engine_options, home_of, person
from tradewind.cli.output import note, print_answer
from tradewind.model.errors import OutsideError
from tradewind.runtime.control_client import EngineUnreachable, ask
from tradewind.runtime.control_messages import FlattenRequest, HaltRequest, check_scope
from tradewind.runtime.halt_file import HALT_NAME, write_halt_file

FILE_AFTER_S = 1.0
"""An engine that has not answered for so long may hang: the file is left while it is waited for."""
EXAMPLE = 'tradewind halt --scope strategy:cross --reason "odd fills"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `halt`."""
    parser.add_argument(
        "--scope",
        default="all",
        help="all (the default), account:NAME, strategy:NAME, instrument:ID or venue:NAME",
    )
    parser.add_argument("--reason", default="by hand", help="what the journal shall say")
    parser.add_argument(
        "--flatten", action="store_true", help="then close what is held there, at the market"
    )
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Halt; 0 once the halt is durable, 1 when no engine confirmed it."""
    home = home_of(arguments)
    scope = check_scope(arguments.scope)
    try:
        with _left_when_slow(home, scope, arguments.reason):
            done = ask(home, HaltRequest(scope, arguments.reason, person()))
    except EngineUnreachable as error:
        if scope != "all":
            raise
        path = write_halt_file(home, arguments.reason)
        note(f"tradewind: {error}; wrote {path}, which halts an engine as soon as it runs")
        return 1
    if arguments.flatten:
        done |= ask(home, FlattenRequest(scope, person()))
    print_answer({"halted": scope, **done}, arguments)
    return 0


@contextlib.contextmanager
def _left_when_slow(home: Path, scope: str, reason: str) -> Iterator[None]:
    """Leave the HALT file for a halt of everything, once the engine has been slow."""
    if scope != "all":
        yield
        return
    is_left = threading.Event()

    def leave() -> None:
        with contextlib.suppress(OutsideError):  # who waits tries again, and says why not
            write_halt_file(home, reason)
            is_left.set()

    timer = threading.Timer(FILE_AFTER_S, leave)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
    if is_left.is_set():
        note(f"tradewind: the engine was slow, so {home / HALT_NAME} is there as well")
