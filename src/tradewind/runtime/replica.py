"""A replica of the core: folds what the core made durable, and calls strategies on the way.

The strategies see the state that they would see in the core, record by record. What they want is
not acted on here: it is collected for the core, and takes effect when it comes back as a record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tradewind.core.engine import Engine
from tradewind.core.order_messages import order_intended, target_intended
from tradewind.core.orders import Order
from tradewind.core.snapshot import decode_state
from tradewind.core.target import Target
from tradewind.core.view import View
from tradewind.model import messages as m
from tradewind.model.columns import Columns
from tradewind.model.errors import Inconsistent
from tradewind.model.orders import Sizing
from tradewind.runtime.recovery import DECISIONS
from tradewind.runtime.strategy_host import begin, end
from tradewind.strategies.base import Strategy

Wish = m.Intent | m.StrategyStopped


class Replica:
    """An engine that goes where the core went; `state` is one that the core encoded."""

    def __init__(self, state: bytes) -> None:
        self._engine = Engine(decode_state(state))
        # What callbacks want stays in `intents`, for the core: nothing is acted on here.
        self._engine.is_draining = True
        self._strategies: dict[str, Strategy] = {}

    @property
    def sequence(self) -> int:
        """The number of the last record that was folded."""
        return self._engine.state.sequence

    def issued(self, name: str) -> int:
        """How many wishes with an id of a strategy the core has taken."""
        return self._engine.state.strategy(name).intents

    def knows(self, name: str) -> bool:
        """Whether a strategy was registered."""
        return name in self._engine.state.strategy_numbers

    def attach(
        self, name: str, strategy: Strategy, instruments: Sequence[str], state: bytes
    ) -> None:
        """Run a registered strategy from here on, from its state where there is one.

        Raises what `on_start` refuses with `UserError`.
        """
        engine = self._engine
        book = engine.state.strategy(name)
        listed = [engine.state.market(one).instrument for one in instruments]
        strategy.attach(View(engine, book, sizing=Sizing.AT_FILL), listed)
        self._strategies[name] = strategy
        begin(engine, book.index, strategy)
        if state:
            strategy.restore(msgspec.msgpack.decode(state))

    def end(self, name: str) -> None:
        """Call `on_stop` of a strategy."""
        end(self._engine, self._engine.state.strategy(name).index, self._strategies[name])

    def forget(self, name: str) -> None:
        """Let a strategy hear nothing more."""
        engine = self._engine
        number = engine.state.strategy(name).index
        for market in engine.state.markets:
            market.forget(number)
        engine.order_listeners.pop(number, None)
        engine.timer_listeners.pop(name, None)
        engine.stopping.discard(number)
        self._strategies.pop(name, None)

    def fold(self, records: Sequence[m.Record], rows: Iterator[Columns], last: int) -> None:
        """Fold the records of a group; `Inconsistent` where they lead elsewhere than to `last`."""
        for record in records:
            self._fold(record, rows)
        self._engine.take_records()
        if self._engine.state.sequence != last:
            raise Inconsistent(
                f"the core stands at {last}, its records lead to {self._engine.state.sequence}"
            )

    def take_wishes(self) -> list[Wish]:
        """What the strategies wanted since the last call, in that order."""
        wanted, self._engine.intents = self._engine.intents, []
        return [self._message(wish) for wish in wanted]

    def _fold(self, record: m.Record, rows: Iterator[Columns]) -> None:
        engine = self._engine
        if isinstance(record, m.MarketRecorded):
            columns = next(rows)
            if columns.kind == "bars":
                engine.run_closes(columns)
            else:
                engine.run(columns)
        elif isinstance(record, m.TimerFired):
            self._fire(record)
        elif not isinstance(record, DECISIONS):
            engine.step(record)

    def _fire(self, fired: m.TimerFired) -> None:
        """Take over that a timer fired, and tell whose it is; one by one, as the core did."""
        engine = self._engine
        for decision in engine.fold(fired):
            order = getattr(decision, "order_id", "")
            if isinstance(decision, m.OrderDenied) and order in engine.state.orders:
                self._tell(engine.state.orders[order], decision)
        number = engine.state.strategy_numbers.get(fired.strategy, -1)
        listener = engine.timer_listeners.get(fired.strategy)
        if listener is not None and number >= 0:
            engine.call(number, listener, fired.name)

    def _tell(self, order: Order, denied: m.OrderDenied) -> None:
        listener = self._engine.order_listeners.get(order.strategy)
        if listener is not None:
            self._engine.call(order.strategy, listener, (order, denied))

    def _message(self, wish: object) -> Wish:
        state = self._engine.state
        if isinstance(wish, Order):
            name = state.strategies[wish.strategy].name
            return order_intended(wish, name, state.markets[wish.instrument].id)
        if isinstance(wish, Target):
            name = state.strategies[wish.strategy].name
            return target_intended(wish, name, state.markets[wish.instrument].id)
        assert isinstance(wish, Wish), f"{type(wish).__name__} is no wish"
        return wish
