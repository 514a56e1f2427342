"""Outcomes of a call that did not go well, typed by what the caller may conclude from it."""

from __future__ import annotations

from typing import Literal

from tradewind.model.errors import OutsideError


class NeverSent(OutsideError):
    """Nothing left this machine: no connection, an open breaker, a budget that is used up.

    An order that ends so is surely not at the venue.
    """

    def __init__(self, sentence: str, *, fault: Literal["ours", "theirs"] = "theirs") -> None:
        super().__init__(sentence, fault=fault, retry=True)


class NoAnswer(OutsideError):
    """It was sent and no whole answer came: what became of it is unknown."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fault="theirs", retry=False)


class ServerFailed(OutsideError):
    """The venue answered 5xx: what became of the call is unknown. `body` is the answer's."""

    def __init__(self, sentence: str, *, status: int, body: bytes) -> None:
        super().__init__(sentence, fault="theirs", retry=False)
        self.status = status
        self.body = body


class RateLimited(OutsideError):
    """The venue refused the call for its rate (429, or 418 for a ban); nothing changed there."""

    def __init__(self, sentence: str, *, status: int, retry_after_s: float, body: bytes) -> None:
        super().__init__(sentence, fault="ours", retry=True)
        self.status = status
        self.retry_after_s = retry_after_s
        self.body = body


class BadAnswer(OutsideError):
    """An answer that cannot be read: what became of the call is unknown."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fault="theirs", retry=False)
