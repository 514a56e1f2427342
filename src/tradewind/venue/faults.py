"""Faults on demand: which there are, how often each strikes, and what struck so far."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tradewind.model.errors import UserError

FAULTS: dict[str, str] = {
    "reply-lost": "an order is taken, and the answer is 504 (status unknown)",
    "reply-dropped": "an order is taken, and the connection closes without an answer",
    "request-lost": "an order request is answered 503 and never reaches the exchange",
    "slow-reply": "answers come VALUE ms late (default 2000)",
    "server-error": "a request is answered 500 without being carried out",
    "reject-storm": "new orders are refused",
    "rate-limit": "requests are answered 429 with Retry-After VALUE s (default 1)",
    "ip-ban": "requests are answered 418 for VALUE s (default 2), whoever asks",
    "duplicate-report": "a report of an order is sent twice",
    "late-report": "a report of an order is sent VALUE ms late (default 500), in its turn or not",
    "reordered-report": "a report of an order is sent behind the next one",
    "lost-report": "a report of an order is never sent",
    "fill-after-cancel": "a part is filled just before a cancel, and is reported behind it",
    "drop-in-mid-fill": "the reports' connection is cut before a fill is reported",
    "trade-bust": "a fill is taken back VALUE ms later (default 200)",
    "silent-socket": "a WebSocket stays open and nothing comes any more, not even pongs",
    "half-open": "a WebSocket stays open, and the venue neither reads nor writes",
    "drop-socket": "a WebSocket is cut without a close frame",
    "sequence-gap": "a depth update is never sent",
    "duplicate-market": "a market message is sent twice",
    "late-market": "a market message is sent behind the next one",
    "wrong-precision": "a price of a market message has more digits than the tick",
    "clock-skew": "the venue's clock is VALUE ms ahead (default 2000; negative: behind)",
    "maintenance": "requests are answered 503 and sockets are closed",
}
"""Each fault and what it does; the documents show this table."""

LASTING = frozenset({"clock-skew", "maintenance"})
"""Faults that are on until taken away, instead of striking now and then."""

_DEFAULT_VALUES: dict[str, float] = {
    "slow-reply": 2000.0,
    "rate-limit": 1.0,
    "ip-ban": 2.0,
    "late-report": 500.0,
    "trade-bust": 200.0,
    "clock-skew": 2000.0,
}


@dataclass(slots=True)
class Fault:
    """A fault that is switched on: it strikes with a probability, at most `count` times."""

    name: str
    probability: float
    count: int | None
    value: float
    chance: random.Random
    struck: int = 0

    def draw(self) -> bool:
        """True where it strikes this time; every call draws once while it is not used up."""
        if self.count is not None and self.struck >= self.count:
            return False
        strikes = self.probability >= 1.0 or self.chance.random() < self.probability
        self.struck += strikes
        return strikes


@dataclass(slots=True)
class Faults:
    """The faults that are on. Each draws from a generator of its own, made of seed and name.

    >>> faults = Faults(seed=7)
    >>> faults.switch_on("reply-lost", count=1)
    >>> faults.strikes("reply-lost"), faults.strikes("reply-lost"), faults.struck("reply-lost")
    (True, False, 1)
    """

    seed: int = 0
    on: dict[str, Fault] = field(default_factory=dict)

    def switch_on(
        self,
        name: str,
        *,
        probability: float = 1.0,
        count: int | None = None,
        value: float | None = None,
        seed: int | None = None,
    ) -> None:
        """Switch a fault on, anew if it was on already."""
        if name not in FAULTS:
            raise UserError(f"there is no fault {name}: choose from {', '.join(FAULTS)}")
        if not 0.0 <= probability <= 1.0:
            raise UserError(f"the probability of {name} must lie in 0 .. 1, got {probability:g}")
        if count is not None and count < 1:
            raise UserError(f"the count of {name} must be 1 or more, got {count}")
        chance = random.Random(f"{self.seed if seed is None else seed} {name}")
        strength = _DEFAULT_VALUES.get(name, 0.0) if value is None else value
        self.on[name] = Fault(name, probability, count, strength, chance)

    def switch_off(self, name: str) -> None:
        """Switch a fault off; one that is off stays off."""
        self.on.pop(name, None)

    def strikes(self, name: str) -> bool:
        """True where a fault strikes now; counts it."""
        fault = self.on.get(name)
        return fault is not None and fault.draw()

    def is_on(self, name: str) -> bool:
        """True while a lasting fault is on."""
        return name in self.on

    def value(self, name: str) -> float:
        """The strength of a fault; 0 where it is off."""
        fault = self.on.get(name)
        return 0.0 if fault is None else fault.value

    def struck(self, name: str) -> int:
        """How often a fault has struck since it was switched on."""
        fault = self.on.get(name)
        return 0 if fault is None else fault.struck

    def rows(self) -> list[dict[str, Any]]:
        """The faults that are on, as the admin route shows them."""
        return [
            {
                "name": fault.name,
                "probability": fault.probability,
                "count": fault.count,
                "value": fault.value,
                "struck": fault.struck,
            }
            for fault in self.on.values()
        ]


def parse_fault(text: str) -> tuple[str, dict[str, Any]]:
    """A fault as it is typed: its name, then options behind a colon.

    >>> parse_fault("reply-lost:probability=0.1,count=3")
    ('reply-lost', {'probability': 0.1, 'count': 3})
    >>> parse_fault("reply-lost:often=1")
    Traceback (most recent call last):
    tradewind.model.errors.UserError: 'often=1' is no option of a fault: use probability=0.1, ...
    """
    name, _, rest = text.partition(":")
    kinds: dict[str, type[int] | type[float]] = {
        "probability": float,
        "count": int,
        "value": float,
        "seed": int,
    }
    options: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, _, number = part.partition("=")
        try:
            options[key] = kinds[key](number)
        except (KeyError, ValueError):
            raise UserError(
                f"{part!r} is no option of a fault: use probability=0.1, count=3, value=250, seed=7"
            ) from None
    return name, options
