"""One query to the Alpha Vantage venue: its function, parameters, key and budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tradewind.venue.alpha_vantage.replies import (
    day_limit,
    demo_key,
    invalid_call,
    minute_limit,
    missing_key,
    premium_only,
)
from tradewind.venue.equities.actions import Actions
from tradewind.venue.equities.tape import Tape
from tradewind.venue.windows import Window

FREE_PER_MINUTE = 5
FREE_PER_DAY = 25
PREMIUM_PER_MINUTE = 75
DAY_S = 86_400
SUBJECTS = {"stock": "us_equity", "fx": "fx", "crypto": "crypto"}


@dataclass(slots=True)
class Key:
    """A key, its plan, and what it has used of a minute and of a day."""

    name: str
    key: str
    plan: str
    minute: Window = field(init=False)
    day: Window | None = field(init=False)

    def __post_init__(self) -> None:
        is_free = self.plan == "free"
        self.minute = Window(FREE_PER_MINUTE if is_free else PREMIUM_PER_MINUTE, 60)
        self.day = Window(FREE_PER_DAY, DAY_S) if is_free else None

    def count(self, now_ns: int) -> None:
        """Count a query; those that were refused do not use up the day."""
        if self.day is not None and self.day.used(now_ns) >= self.day.limit:
            raise day_limit(self.day.limit)
        if not self.minute.add(1, now_ns):
            raise minute_limit(self.minute.limit)
        if self.day is not None:
            self.day.add(1, now_ns)


class Query:
    """Parameters of a query whose key is good and within its budget."""

    def __init__(
        self,
        parameters: Mapping[str, str],
        *,
        key: Key,
        tapes: Mapping[str, Tape],
        actions: Actions,
        now_ns: int,
    ) -> None:
        self._parameters = parameters
        self.key = key
        self.tapes = tapes
        self.actions = actions
        self.now_ns = now_ns
        self.function = parameters.get("function", "").upper()

    @property
    def is_csv(self) -> bool:
        """True where CSV was asked for."""
        return self.text("datatype", "json") == "csv"

    def text(self, name: str, default: str = "") -> str:
        """A parameter."""
        return self._parameters.get(name) or default

    def needs_premium_for(self, is_premium: bool) -> None:  # noqa: FBT001
        """Refuse free keys where something is premium."""
        if is_premium and self.key.plan == "free":
            raise premium_only()

    def subject(self, kind: str) -> Tape:
        """The tape that a query is about: a symbol, a pair of currencies, a coin in a market."""
        if kind == "stock":
            symbol = self.text("symbol").upper()
        elif kind == "fx":
            symbol = f"{self.text('from_symbol')}/{self.text('to_symbol')}".upper()
        else:
            symbol = f"{self.text('symbol')}/{self.text('market')}".upper()
        tape = self.tapes.get(symbol)
        if tape is None or tape.security.asset_class != SUBJECTS[kind]:
            raise invalid_call(self.function)
        return tape


def key_of(keys: Mapping[str, Key], text: str) -> Key:
    """The key of a query."""
    if text == "demo":
        raise demo_key()
    if text not in keys:
        raise missing_key()
    return keys[text]
