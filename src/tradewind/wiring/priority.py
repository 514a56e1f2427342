"""The priority of the processes between a price and its order: its setting, and when it is had."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tradewind.runtime.priority import check_permitted, real_time
from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings

PRIORITY: Setting[str] = Setting(
    "engine.priority",
    ("TRADEWIND_PRIORITY",),
    kinds.choice("normal", "realtime"),
    "normal",
    "Whether the engine, or the roles between a price and its order, come before all ordinary "
    "programs at the processor (`realtime`; Linux, where the user may).",
)


def is_real_time(settings: Settings) -> bool:
    """Whether real-time priority is asked for."""
    return settings[PRIORITY] == "realtime"


def check_priority(settings: Settings) -> None:
    """Raise `UserError` where it is asked for and not permitted."""
    if is_real_time(settings):
        check_permitted()


@contextlib.contextmanager
def settled(settings: Settings) -> Iterator[None]:
    """For a process that has loaded and recovered all: from now on it answers prices.

    What is there stays out of garbage collections, and the process has the priority that settings
    ask for.
    """
    gc.collect()
    gc.freeze()  # a full collection need not walk it while orders wait
    try:
        with real_time() if is_real_time(settings) else contextlib.nullcontext():
            yield
    finally:
        gc.unfreeze()  # or DuckDB complains, when the program ends, of what nobody let go
