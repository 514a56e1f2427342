"""Each event of Alpaca's account stream is a report, or changes nothing that we keep."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.alpaca.samples import APPLE, ORDER, update
from tradewind.adapters.alpaca.order_updates import HAPPENINGS, OrderUpdates
from tradewind.model import messages as m


@pytest.mark.parametrize(
    ("event", "changes", "report"),
    [
        ("new", {}, m.OrderAccepted(0, "j0-cross-11", ORDER["id"])),
        ("canceled", {"status": "canceled"}, m.OrderCanceled(0, "j0-cross-11", "", 0)),
        (
            "expired",
            {"status": "expired"},
            m.OrderExpired(0, "j0-cross-11", "its time in force is over", 0),
        ),
        (
            "rejected",
            {"status": "rejected"},
            m.OrderRejected(0, "j0-cross-11", "Alpaca rejected the order"),
        ),
        (
            "order_cancel_rejected",
            {},
            m.CancelRejected(0, "j0-cross-11", "Alpaca rejected the cancel"),
        ),
    ],
)
def test_an_event_of_the_stream_is_a_report(
    event: str, changes: dict[str, Any], report: m.Report
) -> None:
    assert OrderUpdates().reports(update(event, ORDER | changes), APPLE) == [report]


def amendment(number: int) -> m.AmendOrder:
    return m.AmendOrder(0, "j0-cross-11", "ALPACA", "AAPL.ALPACA", 5, 7, number)


def test_a_replacement_is_answered_by_its_number_and_once() -> None:
    updates = OrderUpdates()
    updates.replacements.sent("old", amendment(3))
    changes = {"id": "old", "replaces": "older", "replaced_by": "new"}
    replaced = update("replaced", ORDER | changes)
    assert updates.reports(replaced, APPLE) == [m.OrderAmended(0, "j0-cross-11", 5, 7, 3)]
    assert updates.reports(replaced, APPLE) is None


def test_a_replacement_that_is_rejected_is_answered_by_its_number() -> None:
    updates = OrderUpdates()
    changes = {"id": "new", "client_order_id": "j0-cross-11~3", "replaces": "old"}
    rejected = update("rejected", ORDER | changes)
    assert updates.reports(rejected, APPLE) is None
    updates.replacements.sent("old", amendment(3))
    reason = "Alpaca rejected the replacement"
    assert updates.reports(rejected, APPLE) == [m.AmendRejected(0, "j0-cross-11", reason, 3)]


def test_the_end_of_a_replaced_order_does_not_state_what_was_filled() -> None:
    changes = {"client_order_id": "j0-cross-11~1", "replaces": "old", "filled_qty": "2"}
    [ended] = OrderUpdates().reports(update("canceled", ORDER | changes), APPLE) or []
    assert ended == m.OrderCanceled(0, "j0-cross-11", "", m.NOT_STATED)


@pytest.mark.parametrize("event", ["stopped", "calculated", "restated", "pending_cancel", "what"])
def test_other_events_change_nothing(event: str) -> None:
    assert event not in HAPPENINGS
    assert OrderUpdates().reports(update(event, ORDER), APPLE) == []


def test_what_happens_once_is_news_once_and_an_amendment_each_time() -> None:
    updates = OrderUpdates()
    accepted = m.OrderAccepted(0, "j-a-1", "v1")
    amended = m.OrderAmended(0, "j-a-1", 5, 7)
    assert [updates.is_news(accepted), updates.is_news(accepted)] == [True, False]
    assert [updates.is_news(amended), updates.is_news(amended)] == [True, True]
