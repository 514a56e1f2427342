"""Calls to strategies: who is called, and what becomes of one that raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewind.core.event_marks import INTENTS as _INTENTS
from tradewind.core.orders import Order
from tradewind.core.reports import Acceptance, Execution
from tradewind.core.state import State
from tradewind.core.target import Target
from tradewind.model import messages as m

Wish = Order | Target | m.Intent | m.StrategyStopped
"""What a callback wants: most are orders and targets, which travel without a message."""
OrderListener = Callable[[tuple[Order, Any]], None]


class Callbacks:
    """Who is called by number or name of a strategy, and what they wanted: `intents`."""

    __slots__ = (
        "intents",
        "is_folding",
        "order_listeners",
        "state",
        "stop_listener",
        "stopping",
        "timer_listeners",
    )

    def __init__(self, state: State) -> None:
        self.state = state
        self.intents: list[Wish] = []
        self.order_listeners: dict[int, OrderListener] = {}
        self.timer_listeners: dict[str, Callable[[str], None]] = {}
        self.stop_listener: Callable[[str, BaseException], None] | None = None
        self.is_folding = False
        self.stopping: set[int] = set()

    def _tell_order(self, order: Order, event: Any) -> None:
        """Tell the strategy of an order what became of it."""
        if not self.order_listeners or self.is_folding:
            return
        listener = self.order_listeners.get(order.strategy)
        if listener is not None:
            is_report = type(event) is Execution or type(event) is Acceptance
            self._call(order.strategy, listener, (order, event.message() if is_report else event))

    def _call(self, strategy: int, function: Callable[[Any], None], event: Any) -> None:
        """Call a strategy; if it raises, what it wanted is dropped and it is stopped.

        What is no `Exception` (a person's Ctrl-C) goes through; what it wanted is dropped too.
        """
        if not self.stopping or strategy not in self.stopping:
            before = len(self.intents)
            is_through = False
            try:
                function(event)
                is_through = True
            except Exception as error:
                del self.intents[before:]
                self._stop(strategy, error)
                is_through = True
            finally:
                if not is_through:
                    del self.intents[before:]

    def _stop(self, strategy: int, error: BaseException) -> None:
        book = self.state.strategies[strategy]
        if book.is_stopped or strategy in self.stopping:
            return
        self.stopping.add(strategy)
        reason = f"{type(error).__name__}: {error}"
        self._forget(strategy)
        # applied in turn, behind what the running event decided: recovery folds the same order
        self.intents.append(m.StrategyStopped(self.state.time_ns, book.name, reason[:200]))
        if self.stop_listener is not None:
            self.stop_listener(book.name, error)

    def _forget(self, strategy: int) -> None:
        """Take a strategy's listeners away, everywhere; lists that are being told stay as are."""
        for market in self.state.markets:
            market.forget(strategy)
        self.order_listeners.pop(strategy, None)
        self.timer_listeners.pop(self.state.strategies[strategy].name, None)

    def _stop_endless(self, event: Any) -> None:
        """Stop the strategy whose wish is one too many."""
        number = -1
        if type(event) in (Order, Target):
            number = event.strategy
        elif type(event) in _INTENTS:
            number = self.state.strategy_numbers.get(event.strategy, -1)
        if number >= 0:
            self._stop(number, RecursionError("it answers its own orders without end"))
