"""Latency: how long an order takes to the venue, and a report back."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from tradewind.model.errors import UserError

LATENCY_NS_MAX = 3600 * 10**9
"""Bound of one latency: an hour. A drawn one that is longer is cut to it."""

_MASK = 2**64 - 1


def none() -> LatencyModel:
    """Orders arrive and reports come back at once.

    >>> none().is_instant
    1
    """
    return LatencyModel()


def constant(*, order_ns: int, report_ns: int) -> Constant:
    """The same delay each time.

    >>> model = constant(order_ns=2_000_000, report_ns=1_000_000)
    >>> model.order_ns(0, 0), model.report_ns(0, 0)
    (2000000, 1000000)
    """
    return Constant(order_ns=order_ns, report_ns=report_ns)


def jitter(*, order_ns: int, report_ns: int, sigma: float, seed: int | None = None) -> Jitter:
    """Lognormal delays with the given medians; sigma is the deviation of their logarithm.

    The n-th order (or report) draws the same delay in every run with the same seed, which is
    the venue's where none is given.

    >>> model = jitter(order_ns=1_000_000, report_ns=0, sigma=0.3, seed=7)
    >>> model.order_ns(0, 1) == model.order_ns(10**9, 1) != model.order_ns(0, 2)
    True
    """
    return Jitter(order_ns=order_ns, report_ns=report_ns, sigma=sigma, seed=seed)


def table(rows: Sequence[tuple[int, int, int]]) -> Table:
    """Measured delays: rows of (time_ns, order_ns, report_ns), each valid from its time on.

    >>> model = table([(0, 5, 3), (100, 9, 4)])
    >>> model.order_ns(99, 0), model.order_ns(100, 0), model.report_ns(250, 0)
    (5, 9, 4)
    """
    return Table(rows)


class LatencyModel:
    """Base of latency models; this one has none.

    `number` counts the orders sent (or the reports) before this one. However long a single
    delay is, orders and reports do not overtake each other: they travel on one connection.
    """

    __slots__ = ("is_instant",)

    def __init__(self) -> None:
        self.is_instant = 1

    def order_ns(self, time_ns: int, number: int) -> int:
        """From leaving us at time_ns to the venue."""
        return 0

    def report_ns(self, time_ns: int, number: int) -> int:
        """From the venue at time_ns back to us."""
        return 0

    def seeded(self, seed: int) -> LatencyModel:
        """This model, or where it draws and has no seed of its own, one with this seed."""
        return self


class Constant(LatencyModel):
    """The same delay each time."""

    __slots__ = ("order_delay_ns", "report_delay_ns")

    def __init__(self, *, order_ns: int, report_ns: int) -> None:
        self.order_delay_ns = checked_delay(order_ns)
        self.report_delay_ns = checked_delay(report_ns)
        self.is_instant = 1 if order_ns == 0 and report_ns == 0 else 0

    def order_ns(self, time_ns: int, number: int) -> int:
        """Always the same."""
        return self.order_delay_ns

    def report_ns(self, time_ns: int, number: int) -> int:
        """Always the same."""
        return self.report_delay_ns


class Jitter(LatencyModel):
    """Lognormal delays by seed and number."""

    __slots__ = ("order_delay_ns", "report_delay_ns", "seed", "sigma")

    def __init__(
        self, *, order_ns: int, report_ns: int, sigma: float, seed: int | None = None
    ) -> None:
        self.order_delay_ns = checked_delay(order_ns)
        self.report_delay_ns = checked_delay(report_ns)
        if not 0 <= sigma <= 5:
            raise UserError(f"a sigma of {sigma} is refused: use 0 to 5, as 0.3")
        self.sigma = sigma
        self.seed = seed
        self.is_instant = 0

    def order_ns(self, time_ns: int, number: int) -> int:
        """Drawn for the order's number."""
        return self._drawn(self.order_delay_ns, 2 * number)

    def report_ns(self, time_ns: int, number: int) -> int:
        """Drawn for the report's number."""
        return self._drawn(self.report_delay_ns, 2 * number + 1)

    def seeded(self, seed: int) -> LatencyModel:
        """A model that draws with this seed, unless it has its own."""
        if self.seed is not None:
            return self
        return Jitter(
            order_ns=self.order_delay_ns,
            report_ns=self.report_delay_ns,
            sigma=self.sigma,
            seed=seed,
        )

    def _drawn(self, median_ns: int, stream: int) -> int:
        delay_ns = median_ns * math.exp(self.sigma * normal(self.seed or 0, stream))
        return int(min(delay_ns, LATENCY_NS_MAX))


class Table(LatencyModel):
    """Measured delays, each valid from its time on."""

    __slots__ = ("order_delays_ns", "report_delays_ns", "times_ns")

    def __init__(self, rows: Sequence[tuple[int, int, int]]) -> None:
        self.times_ns = [row[0] for row in rows]
        if not rows or self.times_ns != sorted(self.times_ns):
            raise UserError("a table of latencies needs rows in the order of their times")
        self.order_delays_ns = [checked_delay(row[1]) for row in rows]
        self.report_delays_ns = [checked_delay(row[2]) for row in rows]
        self.is_instant = 0

    def order_ns(self, time_ns: int, number: int) -> int:
        """The order delay of the last row at or before time_ns, else of the first."""
        return self.order_delays_ns[self._row(time_ns)]

    def report_ns(self, time_ns: int, number: int) -> int:
        """The report delay of the last row at or before time_ns, else of the first."""
        return self.report_delays_ns[self._row(time_ns)]

    def _row(self, time_ns: int) -> int:
        return max(0, bisect_right(self.times_ns, time_ns) - 1)


def checked_delay(delay_ns: int) -> int:
    """A delay in ns, refused with `UserError` below 0 or beyond an hour.

    >>> checked_delay(250_000)
    250000
    """
    if not 0 <= delay_ns <= LATENCY_NS_MAX:
        raise UserError(f"a latency of {delay_ns} ns is refused: use 0 to {LATENCY_NS_MAX}")
    return delay_ns


def normal(seed: int, stream: int) -> float:
    """The standard normal number of a seed and a counter, the same wherever it is asked.

    Source: Box and Muller, "A note on the generation of random normal deviates" (1958), over
    two uniforms of the finalizer of SplitMix64 (Steele, Lea, Flood, 2014).

    >>> normal(7, 1) == normal(7, 1), normal(7, 1) == normal(7, 2), abs(normal(7, 1)) < 9
    (True, False, True)
    """
    first = uniform(seed, 2 * stream)
    second = uniform(seed, 2 * stream + 1)
    return math.sqrt(-2.0 * math.log(first)) * math.cos(2.0 * math.pi * second)


def uniform(seed: int, counter: int) -> float:
    """A number in (0, 1] of a seed and a counter.

    >>> 0 < uniform(7, 0) <= 1
    True
    """
    mixed = (seed * 0xD1342543DE82EF95 + (counter + 1) * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return float(((mixed ^ (mixed >> 31)) >> 11) + 1) / 2.0**53
