"""Errors a person or another system can cause, by whose fault they are."""

from __future__ import annotations

from typing import Literal


class TradewindError(Exception):
    """Base of every error the platform raises on purpose; its text is one sentence."""


class UserError(TradewindError):
    """Wrong use: the sentence says what was wrong and what to do; the CLI exits with 2."""


class BadNumber(UserError):
    """A number that cannot be taken exactly: not a number, off the grid, or out of range."""


class BadData(UserError):
    """Market data or a file that cannot be taken as it is."""


class BadMessage(TradewindError):
    """Bytes that are not a message of a format this version knows."""


class Inconsistent(TradewindError):
    """What was stored and what this code computes disagree; nothing was changed."""


class OutsideError(TradewindError):
    """A failure outside our process, translated once at the port.

    `fault` says whose it is, `retry` whether repeating the same call is harmless.

    >>> error = OutsideError("the venue is closed for maintenance", fault="theirs", retry=True)
    >>> str(error), error.fault, error.retry
    ('the venue is closed for maintenance', 'theirs', True)
    """

    def __init__(self, sentence: str, *, fault: Literal["ours", "theirs"], retry: bool) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.retry = retry
