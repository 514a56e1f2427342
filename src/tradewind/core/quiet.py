"""Quiet rows: nothing can happen at them but a price and a listener's call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tradewind.core.exposure import VALUE_MAX, Holding
from tradewind.core.gate import Gate
from tradewind.core.ledger import Wallet
from tradewind.core.market import Listener, Market
from tradewind.core.merge import Stream
from tradewind.core.rows import Rows
from tradewind.core.state import Account, State
from tradewind.model.numbers import magnitude

# C numbers when compiled (quiet.pxd)
_VALUE_MAX = VALUE_MAX
_SURELY_SMALL = float(VALUE_MAX // 2)


class QuietRows(Rows):
    """`Rows` that knows how long a market is quiet, so that a batch need not ask at each row.

    What a listener wants ends the quiet; whoever runs quiet rows looks for it behind each call.
    """

    __slots__ = ()

    def _quiet_until(self, market: Market) -> int:
        """The time before which rows of a market are quiet; 0 where they are not.

        No target waits for a price, the core holds nothing for one, no order works at the venue
        inside, which asks for no more than the last trade, and nothing is due before.
        """
        if market.target_count > 0 or market.held_count > 0 or self.is_folding or self.intents:
            return 0
        venue = self.venue
        if venue is None:
            return self.next_due_ns
        if venue.working > venue.noting:
            return 0
        return min(self.next_due_ns, venue.next_due_ns)

    def _is_curve_simple(self, market: Market, low: int, high: int) -> bool:
        """Whether equity at prices between these is that without the position, and its value.

        No bound of 64 bits is near then, and no other currency or marking plays a part.
        """
        state: State = self.state
        if self.venue is None or not state.accounts:
            return True
        account: Account = state.accounts[0]
        home: Wallet = account.home
        if market.marking != 0 or len(account.wallets) != 1 or low < 0:
            return False
        if magnitude(home.cash) > _VALUE_MAX or magnitude(home.value) > _VALUE_MAX:
            return False
        holding = held_of(account, market)
        if holding is None:
            return True
        share = high * (holding.position * (market.money_factor / _SURELY_SMALL))
        return -1 < share < 1

    def _run_quiet_bars(self, stream: Stream) -> None:
        """Run quiet bars from `stream.row` on, until something is wanted at one."""
        start = stream.row
        listeners = stream.market.bar_listeners
        if len(listeners) == 1:
            # one guard around the calls of all these rows
            listener: Listener = listeners[0]
            is_gated = type(listener[1]) is Gate
            tell = self._tell_gated_bars if is_gated else self._tell_quiet_bars
            self._call(listener[0], tell, stream)
        else:
            self._tell_quiet_bars(stream)
        self._end_quiet_bars(stream, start, stream.row)

    def _tell_quiet_bars(self, stream: Stream) -> None:
        state, market = self.state, stream.market
        listeners = market.bar_listeners
        function = alone(listeners)
        times, closes = stream.second, stream.sixth
        quiet_ns = stream.quiet_ns
        start = row = stream.row
        count = len(times)
        try:
            while row < count and times[row] < quiet_ns:
                state.time_ns = market.mark_time_ns = times[row]
                market.mark = market.last = closes[row]
                if not market.is_repriced and market.holders:
                    state.reprice(market)
                row += 1
                if function is not None:
                    function(stream.bar(row - 1))
                elif listeners:
                    bar = stream.bar(row - 1)
                    for listener in listeners:
                        self._call(listener[0], listener[1], bar)
                if self.intents or market.bar_listeners is not listeners:
                    break
        finally:
            stream.row = row
            state.sequence += 2 * (row - start)  # they opened and closed

    def _tell_gated_bars(self, stream: Stream) -> None:
        """The same where one strategy listens, and only to the bars that its gate finds."""
        listeners = stream.market.bar_listeners
        gate: Gate = listeners[0][1]  # type: ignore[assignment]
        start = stream.row
        is_found = True
        try:
            while is_found and not self.intents and stream.market.bar_listeners is listeners:
                try:
                    is_found = gate.seek(stream)
                finally:
                    self._mark_quiet_bar(stream, stream.row - 1)
                if is_found:
                    gate.function(stream.bar(stream.row - 1))
        finally:
            self.state.sequence += 2 * (stream.row - start)

    def _mark_quiet_bar(self, stream: Stream, row: int) -> None:
        """Take the time and the price of a quiet bar; those of the bars before it are past."""
        state, market = self.state, stream.market
        state.time_ns = market.mark_time_ns = stream.second[row]
        market.mark = market.last = stream.sixth[row]
        if not market.is_repriced and market.holders:
            state.reprice(market)

    def _run_quiet_trades(self, stream: Stream) -> None:
        """Run quiet trades from `stream.row` on, until something is wanted at one."""
        listeners = stream.market.trade_listeners
        if len(listeners) == 1:
            listener: Listener = listeners[0]
            self._call(listener[0], self._tell_quiet_trades, stream)
        else:
            self._tell_quiet_trades(stream)
        self._end_quiet_trades(stream, stream.row - 1)

    def _tell_quiet_trades(self, stream: Stream) -> None:
        state, market = self.state, stream.market
        listeners = market.trade_listeners
        function = alone(listeners)
        times, prices = stream.first, stream.second
        quiet_ns = stream.quiet_ns
        start = row = stream.row
        count = len(times)
        try:
            while row < count and state.time_ns <= times[row] < quiet_ns:
                state.time_ns = market.mark_time_ns = times[row]
                market.mark = market.last = prices[row]
                if not market.is_repriced and market.holders:
                    state.reprice(market)
                row += 1
                if function is not None:
                    function(stream.trade(row - 1))
                elif listeners:
                    trade = stream.trade(row - 1)
                    for listener in listeners:
                        self._call(listener[0], listener[1], trade)
                if self.intents or market.trade_listeners is not listeners:
                    break
        finally:
            stream.row = row
            state.sequence += row - start

    def _end_quiet_bars(self, stream: Stream, start: int, stop: int) -> None:
        """Draw the equity curve over quiet bars, and do what the last of them brought about."""
        state: State = self.state
        end = stop - 1 if self.intents else stop
        if self.venue is not None and state.accounts:
            account: Account = state.accounts[0]
            self._draw(account, stream, start, end)
            if end < stop:
                self._drain()
                self.curve.add(stream.second[end], state.equity(account))
        elif end < stop:
            self._drain()

    def _end_quiet_trades(self, stream: Stream, last: int) -> None:
        """Let the venue note the last of quiet trades, and do what it brought about."""
        venue = self.venue
        if venue is not None and venue.working > 0:
            venue.on_trade(
                stream.market.index,
                stream.first[last],
                stream.second[last],
                stream.third[last],
                stream.fourth[last],
            )
        if self.intents:
            self._drain()

    def _draw(self, account: Account, stream: Stream, start: int, end: int) -> None:
        """Points of the curve for bars at which nothing changed but the price."""
        market: Market = stream.market
        self.state.revalue()
        home: Wallet = account.home
        rest = home.cash + home.value
        holding = held_of(account, market)
        position = 0
        if holding is not None:
            position = holding.position
            rest -= holding.value
        self.curve.add_valued(stream.second, stream.sixth, start, end, rest, position, market)


def alone(listeners: list[Listener]) -> Callable[[Any], None] | None:
    """What to call where just one strategy listens.

    >>> alone([(0, print)]) is print, alone([(0, print), (1, print)])
    (True, None)
    """
    return listeners[0][1] if len(listeners) == 1 else None


def held_of(account: Account, market: Market) -> Holding | None:
    """What an account holds of an instrument, if it ever had an order in it."""
    holdings = account.scope.holdings
    return holdings[market.index] if market.index < len(holdings) else None


def extremes(column: Any) -> tuple[int, int]:
    """The lowest and the highest number of a column; 0 and 0 of an empty one.

    >>> extremes([3, 1, 2])
    (1, 3)
    """
    values = np.asarray(column)
    return (int(values.min()), int(values.max())) if len(values) else (0, 0)
