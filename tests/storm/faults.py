"""The faults of a storm: which there are, how strong, and in which order a seed draws them."""

from __future__ import annotations

import random
from collections.abc import Iterator

ONCE: dict[str, tuple[float, ...]] = {
    "reply-lost": (),
    "reply-dropped": (),
    "request-lost": (),
    "slow-reply": (100.0, 1000.0),
    "server-error": (),
    "reject-storm": (),
    "rate-limit": (0.2,),
    "duplicate-report": (),
    "late-report": (100.0, 1500.0),
    "reordered-report": (),
    "lost-report": (),
    "fill-after-cancel": (),
    "sequence-gap": (),
    "duplicate-market": (),
    "late-market": (),
    "wrong-precision": (),
}
"""What strikes once and leaves the connections as they are, with the strengths it may have."""

CUTTING: dict[str, tuple[float, ...]] = {
    "drop-in-mid-fill": (),
    "drop-socket": (),
    "silent-socket": (),
    "half-open": (),
    "ip-ban": (0.5,),
}
"""What strikes once and takes a connection, or all, for a while."""

LASTING: dict[str, tuple[float, ...]] = {
    "clock-skew": (-2000.0, 80.0, 2000.0),
    "maintenance": (0.0,),
}
"""What stays on for a moment."""

OURS = ("kill", "cut", "freeze")
"""What is done to the engine's process or to all connections at once."""

BUST = "trade-bust"
"""A fill is taken back: trading at the venue ends until a person has looked."""

KINDS = (*ONCE, *CUTTING, *LASTING, *OURS, BUST)
OFTEN = 3
"""How many of each fault that costs no time there are beside one of those that do."""
BUST_EVERY = 100
"""One bust for so many faults: each takes seconds, until it was seen twice and accepted."""


def drawn(chance: random.Random, count: int, unplayable: frozenset[str]) -> Iterator[str]:
    """So many names: whole decks, each shuffled, so that every fault comes; busts apart.

    >>> sorted(set(drawn(random.Random(1), 200, frozenset()))) == sorted(KINDS)
    True
    """
    deck = [name for name in ONCE for _ in range(OFTEN)] + [*CUTTING, *LASTING, *OURS]
    deck = [name for name in deck if name not in unplayable]
    left: list[str] = []
    for number in range(count):
        if number % BUST_EVERY == BUST_EVERY // 2 and BUST not in unplayable:
            yield BUST
            continue
        if not left:
            left = chance.sample(deck, len(deck))
        yield left.pop()
