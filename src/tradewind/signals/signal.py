"""What every signal has: one update per input, a value, a saved state, a batch door."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tradewind.model.errors import BadData

INPUT_MAX = 1e100
"""Bound of |input|: its square, summed over any window, is still a finite float."""

PERIOD_MAX = 1_000_000
"""Bound of a period, and so of the memory of one signal (8 MB a window)."""

BAR_INPUTS = ("high", "low", "close", "volume")
"""What a bar has of what a signal may ask for."""

Saved = float | int | str | None | list["Saved"]


def _names(*names: str) -> tuple[str, ...]:
    return names


class Signal:
    """A number that follows its inputs: `update` takes the next one and returns the value.

    `value` is nan until the signal is `ready`, exactly `warmup` updates after the start. A
    subclass names its `inputs` (columns, in the order of `update`), its `outputs` (attributes,
    `value` first), its `parameters` (those of its constructor) and its `state`; the last two make
    its snapshot.

    An input that is not finite, or beyond 1e100, is refused with `BadData` and changes nothing.
    """

    __slots__ = ("value",)

    inputs = _names("close")
    outputs = _names("value")
    parameters = _names()
    state = _names()

    value: float

    def __init__(self) -> None:
        self.value = math.nan

    def take_bar(self, high: float, low: float, close: float, volume: float) -> float:
        """Take of a bar what `inputs` names, and return the value; see `BAR_INPUTS`."""
        bar = {"high": high, "low": low, "close": close, "volume": volume}
        update: Callable[..., float] = self.update  # type: ignore[attr-defined]
        return update(*[bar[name] for name in self.inputs])

    @property
    def warmup(self) -> int:
        """Updates after which the signal is ready."""
        raise NotImplementedError

    @property
    def ready(self) -> bool:
        """Whether every output is a number."""
        return self.value == self.value  # nan is the one number that is not itself

    def snapshot(self) -> list[Saved]:
        """Name, parameters and state, as numbers and lists that msgspec encodes."""
        return [*self._identity(), *(_saved(getattr(self, name)) for name in self.state)]

    def restore(self, snapshot: Sequence[Saved]) -> None:
        """Continue exactly where `snapshot` was taken from a signal with the same parameters."""
        identity = self._identity()
        known = len(identity)
        if list(snapshot[:known]) != identity or len(snapshot) != known + len(self.state):
            raise BadData(
                f"this snapshot starts with {list(snapshot[:known])}, not {identity}: "
                "restore it into a signal of the same kind and parameters"
            )
        pairs = list(zip(self.state, snapshot[known:], strict=True))
        parts = [_restored(getattr(self, name), saved) for name, saved in pairs]
        for name, part in zip(self.state, parts, strict=True):
            setattr(self, name, part)

    def _identity(self) -> list[Saved]:
        return [type(self).__name__, *(getattr(self, name) for name in self.parameters)]

    def _refuse(self, *inputs: float) -> NoReturn:
        given = ", ".join(
            f"{name} {value}" for name, value in zip(self.inputs, inputs, strict=True)
        )
        raise BadData(
            f"{type(self).__name__}: {given} is refused: "
            "every input must be a finite number below 1e100, with high >= low and volume >= 0"
        )


def run(signal: Signal, *columns: ArrayLike) -> NDArray[np.float64]:
    """Feed whole columns, the same numbers as one `update` after the other: the batch door.

    Columns are in the order of `signal.inputs` and of one length n. The answer has the shape
    (n,), or (n, outputs) where a signal has several, and is nan until the signal is ready.
    """
    rows = [np.asarray(column, np.float64).tolist() for column in columns]
    if len(rows) != len(signal.inputs) or len({len(row) for row in rows}) != 1:
        raise BadData(f"{type(signal).__name__} takes {signal.inputs} as columns of one length")
    update: Callable[..., float] = signal.update  # type: ignore[attr-defined]
    if len(signal.outputs) == 1:
        return np.array([update(*row) for row in zip(*rows, strict=True)], np.float64)
    result = np.empty((len(rows[0]), len(signal.outputs)))
    for index, row in enumerate(zip(*rows, strict=True)):
        update(*row)
        result[index] = [getattr(signal, name) for name in signal.outputs]
    return result


def checked_period(period: int, *, least: int = 1) -> int:
    """A period in updates, refused with `BadData` outside [least, 1,000,000].

    >>> checked_period(14)
    14
    """
    if not isinstance(period, int) or not least <= period <= PERIOD_MAX:
        raise BadData(f"a period of {period!r} is refused: use {least} to {PERIOD_MAX:,}")
    return period


def _saved(part: object) -> Saved:
    if isinstance(part, Signal):
        return part.snapshot()
    if isinstance(part, list):
        return list(part)
    assert isinstance(part, float | int), part
    return None if math.isnan(part) else part  # JSON has no nan


def _restored(part: object, saved: Saved) -> object:
    if isinstance(part, Signal) and isinstance(saved, list):
        # a new one, so that a damaged snapshot leaves everything as it was
        fresh = type(part)(**{name: getattr(part, name) for name in part.parameters})
        fresh.restore(saved)
        return fresh
    if isinstance(part, list) and isinstance(saved, list) and len(part) == len(saved):
        return list(saved)
    if isinstance(part, float | int) and isinstance(saved, float | int | None):
        return math.nan if saved is None else saved
    raise BadData(f"this snapshot is damaged: {saved!r} stands where {part!r} should")
