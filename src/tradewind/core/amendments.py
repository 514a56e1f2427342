"""Amendments on their way: which of an order's are unanswered, by their numbers from 1."""

from __future__ import annotations

Pending = tuple[int, ...]
"""Numbers of the amendments that left and are not answered, the oldest first."""


def answered(pending: Pending, number: int) -> Pending | None:
    """What is pending behind an answer; None where that one was answered before.

    A venue that names no number (0) answers in turn.

    >>> answered((2, 3), 3), answered((2, 3), 0), answered((2, 3), 1)
    ((2,), (3,), None)
    """
    if number == 0:
        return pending[1:]
    if number not in pending:
        return None
    return tuple(one for one in pending if one != number)


def pending_behind_query(pending: Pending, asked: int) -> Pending:
    """What is pending behind the answer to a query that was asked behind number `asked`.

    >>> pending_behind_query((1, 2, 3), 2)
    (3,)
    """
    return tuple(one for one in pending if one > asked)


def is_outdated(pending: Pending, sent: int, asked: int) -> bool:
    """Whether one that left behind the query is answered: the query's answer may be older.

    >>> is_outdated((1, 2), 2, 1), is_outdated((1,), 2, 1)
    (False, True)
    """
    return len(pending_behind_query(pending, asked)) < sent - asked
