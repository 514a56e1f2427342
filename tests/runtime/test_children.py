"""The second count of what children commit: what frees, what binds, and whose denial it was."""

from __future__ import annotations

from tests.runtime.test_last_check import parent, sized
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Liquidity, Side
from tradewind.runtime.children import Children

FINE = Instrument("X.FINE", tick="0.01", lot="0.00001", currency="USD")
COARSE = Instrument("X.COARSE", tick="0.01", lot="0.001", currency="USD")
UNKNOWN = "its parent p is not known"


def counting(*records: m.Record) -> Children:
    """What follows a parent `p` of 10 and these records."""
    children = Children()
    for record in (parent(10), *records):
        children.note(record)
    return children


def sent(children: Children, number: int, quantity: int) -> str:
    """The core sends a child; "" where it left, else why it may not."""
    name = f"p.{number}"
    children.note(m.ChildSent(0, name, "p", "due"))
    children.note(sized(name, quantity))
    excess = children.excess(name, quantity)
    if not excess:
        children.left(name, quantity)
    return excess


def filled(number: int, quantity: int, fill_id: str) -> m.OrderFilled:
    return m.OrderFilled(0, f"p.{number}", fill_id, 100, quantity, 0, "USD", Liquidity.TAKER)


def test_a_cancel_of_another_strategy_that_is_denied_leaves_the_parent_as_it_is() -> None:
    denied = m.OrderDenied(0, "p", "not_own_order", "other", "cross")
    children = counting(m.CancelIntended(0, "other", "p"), denied)
    assert sent(children, 1, 10) == ""
    lowered = counting(
        m.AmendIntended(0, "cross", "p", 5, 0), m.CancelIntended(0, "other", "p"), denied
    )
    assert "more than the 5 of p" in sent(lowered, 1, 6)


def test_a_child_that_waits_still_counts_when_something_about_it_is_denied() -> None:
    children = counting()
    children.note(m.ChildSent(0, "p.1", "p", "due"))
    children.note(sized("p.1", 10))
    children.note(m.AmendIntended(0, "person", "p.1", 99, 0))
    children.note(m.OrderDenied(0, "p.1", "child_order", "p.1", "amend p, whose child it is"))
    assert children.excess("p.1", 11)
    assert children.excess("p.1", 10) == ""
    children.left("p.1", 10)
    assert sent(children, 2, 1)


def test_a_child_that_the_limits_denied_is_none() -> None:
    children = counting(m.ChildSent(0, "p.1", "p", "due"))
    children.note(m.OrderDenied(0, "p.1", "max_position", "11", "10"))
    assert children.excess("p.1", 99) == ""
    assert sent(children, 2, 10) == ""


def test_fills_that_come_behind_a_cancel_count_and_one_told_twice_counts_once() -> None:
    children = counting()
    assert sent(children, 1, 10) == ""
    children.note(m.OrderCanceled(0, "p.1", "", 2))
    for fill_id in ("f1", "f1", "f2"):
        children.note(filled(1, 2, fill_id))
    assert sent(children, 2, 7)
    assert sent(children, 3, 6) == ""


def test_a_child_with_new_terms_counts_with_them() -> None:
    children = counting()
    assert sent(children, 1, 4) == ""
    children.note(m.OrderAmended(0, "p.1", 8, 0))
    assert sent(children, 2, 3)
    children.note(m.OrderRestated(0, "p.1", "v", 6, 0))
    assert sent(children, 3, 4) == ""


def test_a_parent_that_was_denied_or_has_ended_lets_no_child_leave() -> None:
    denied = counting(m.OrderDenied(0, "p", "max_order_quantity", "10", "5"))
    assert sent(denied, 1, 1) == UNKNOWN
    ended = counting()
    assert sent(ended, 1, 4) == ""
    ended.note(m.ParentEnded(0, "p", 4, "canceled"))
    assert sent(ended, 2, 1) == UNKNOWN


def test_a_leg_that_counts_with_fewer_digits_is_counted_as_its_parent_is() -> None:
    children = Children()
    for instrument in (FINE, COARSE):
        children.note(m.InstrumentListed(0, instrument))
    children.note(m.AlgorithmIntended(0, "p", "x", FINE.id, Side.BUY, 1_000, Algorithm.AT_ONCE))
    children.note(m.ChildSent(0, "p.1", "p", "due"))
    assert children.excess("p.1", 11, COARSE.id)
    assert children.excess("p.1", 10, COARSE.id) == ""
