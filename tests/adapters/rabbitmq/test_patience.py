"""A node that answers no more is left soon, a slow one is not left again and again."""

from __future__ import annotations

import pytest

from tradewind.adapters.rabbitmq.patience import CALL_S, PROMPT_CALL_S, TROUBLED_CALL_S, Patience

CALLS = 50


def after_calls(took_s: float) -> Patience:
    patience = Patience()
    for _ in range(CALLS):
        patience.note_success(took_s)
    return patience


def test_where_calls_are_quick_a_second_is_enough() -> None:
    assert after_calls(0.01).allowed_s(0.0) == PROMPT_CALL_S
    assert after_calls(0.01).allowed_s(0.0, CALL_S) == CALL_S


@pytest.mark.parametrize(("took_s", "allowed_s"), [(0.5, 1.0), (0.75, 1.5), (1.5, CALL_S)])
def test_a_slow_server_is_given_more_time(took_s: float, allowed_s: float) -> None:
    assert after_calls(took_s).allowed_s(0.0) == pytest.approx(allowed_s)


def test_one_slow_call_is_remembered_for_a_while() -> None:
    patience = after_calls(0.01)
    patience.note_success(0.9)
    patience.note_success(0.01)
    assert patience.allowed_s(0.0) > 1.7


def test_in_trouble_it_is_short_at_first_and_ends_with_the_trouble() -> None:
    patience = after_calls(0.01)
    patience.note_failure(100.0)
    patience.note_failure(103.0)
    assert patience.allowed_s(100.1) == TROUBLED_CALL_S
    assert patience.allowed_s(103.0) == pytest.approx(1.5)
    patience.note_success(0.01)
    assert patience.allowed_s(103.1) == PROMPT_CALL_S
