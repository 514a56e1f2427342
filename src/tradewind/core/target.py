"""A target on its way to an order: a position, or a share of equity, that a strategy wants."""

from __future__ import annotations


class Target:
    """The fields of `TargetIntended`, with strategy and instrument by their numbers.

    >>> target = new_target(5, "j0-cross-1", 0, 0, 1, -10, 1, 0)
    >>> target.order_id, target.value
    ('j0-cross-1', -10)
    """

    __slots__ = (
        "instrument",
        "kind",
        "leg",
        "order_id",
        "sizing",
        "strategy",
        "time_ns",
        "value",
    )

    time_ns: int
    order_id: str
    strategy: int
    instrument: int
    kind: int
    value: int
    sizing: int
    leg: int


def new_target(
    time_ns: int,
    order_id: str,
    strategy: int,
    instrument: int,
    kind: int,
    value: int,
    sizing: int,
    leg: int,
) -> Target:
    """A target of a strategy in an instrument, both by number."""
    target = Target.__new__(Target)
    target.time_ns = time_ns
    target.order_id = order_id
    target.strategy = strategy
    target.instrument = instrument
    target.kind = kind
    target.value = value
    target.sizing = sizing
    target.leg = leg
    return target
