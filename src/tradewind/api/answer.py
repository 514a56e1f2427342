"""An answer: what every answer of the API has in common."""

from __future__ import annotations

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all. Prices, quantities and money are decimal text, "" where there is none.

    Times come twice: `..._time_ns` as integer nanoseconds in UTC, 0 for "not", and `..._time` in
    RFC 3339, "" for "not". Fields that a client does not know are for newer clients.
    """


class Aged(Answer, frozen=True, kw_only=True):
    """A reading of the engine: the journal's sequence it is as of, and how old it is."""

    sequence: int
    age_ms: int


class Page(Answer, frozen=True, kw_only=True):
    """A part of a list, newest first; `next_before` is `before` of the next part, 0 at the end."""

    next_before: int


class Problem(Answer, frozen=True, kw_only=True):
    """Why there is no other answer, as RFC 9457 says it; `detail` is one sentence."""

    title: str
    status: int
    detail: str
