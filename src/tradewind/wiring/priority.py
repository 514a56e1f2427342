"""The priority of the processes between a price and its order: its setting, and when it is had."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tradewind.runtime.priority import LEVEL, LEVEL_BEHIND, check_permitted, real_time
from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

if TYPE_CHECKING:
    from tradewind.wiring.settings import Settings

PRIORITY: Setting[str] = Setting(
    "engine.priority",
    ("TRADEWIND_PRIORITY",),
    kinds.choice("normal", "realtime"),
    "normal",
    "Whether the engine, or the roles between a price and its order, and behind them the gateway "
    "come before all ordinary programs at the processor (`realtime`; Linux, where the user may).",
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
        with _prioritized(settings, LEVEL):
            yield
    finally:
        gc.unfreeze()  # or DuckDB complains, when the program ends, of what nobody let go


def behind_the_engine(settings: Settings) -> contextlib.AbstractContextManager[None]:
    """For a gateway, which shows prices: in front of ordinary programs, never of the engine."""
    return _prioritized(settings, LEVEL_BEHIND)


def _prioritized(settings: Settings, level: int) -> contextlib.AbstractContextManager[None]:
    return real_time(level) if is_real_time(settings) else contextlib.nullcontext()
