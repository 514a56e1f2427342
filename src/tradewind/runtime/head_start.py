"""A head start: a coroutine that runs in its caller's turn as far as it need not wait.

A new task begins with the next turn of the event loop, behind all that is ready by then, and most
of what comes between a quote and its order never waits.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Rest(Generator[Any, Any, T], Generic[T]):
    """What is left of a coroutine that was begun and now waits: await it, in a task, once.

    Who cancels that task cancels the coroutine at the place where it waits.
    """

    __slots__ = ("_coroutine", "_is_told", "_waited")

    def __init__(self, coroutine: Coroutine[Any, Any, T], waited: Any) -> None:
        self._coroutine = coroutine
        self._waited = waited
        self._is_told = False
        if waited is not None:
            # a future's word to the task that awaits it; others may await it until ours is told
            waited._asyncio_future_blocking = False

    def __await__(self) -> Generator[Any, Any, T]:
        """Itself, which goes on as the coroutine does."""
        return self

    def send(self, value: Any) -> Any:
        """What is waited for next; at first what the coroutine waits for already."""
        if self._is_told:
            return self._coroutine.send(value)
        self._is_told = True
        if self._waited is not None:
            self._waited._asyncio_future_blocking = True
        return self._waited

    def throw(self, *error: Any) -> Any:
        """Raise inside the coroutine."""
        self._is_told = True
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """End the coroutine where it waits."""
        self._coroutine.close()


def begin(coroutine: Coroutine[Any, Any, T]) -> Rest[T] | None:
    """Run a coroutine until it waits; None where it has ended, and its errors are raised here.

    Before its first wait it has no task of its own: it must not use `asyncio.timeout`.

    >>> async def note() -> None:
    ...     print("done")
    >>> begin(note())
    done
    """
    try:
        return Rest(coroutine, coroutine.send(None))
    except StopIteration:
        return None
