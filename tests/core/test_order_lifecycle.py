"""Every state of an order meets everything that can happen to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.core.order_lifecycle import MOVES, Happening, as_markdown, next_state
from tradewind.model.orders import TERMINAL_STATES, OrderState

# States down, happenings across, written by hand; a dot stays where it is.
TABLE = """
state            accepted rejected partial_fill     full_fill canceled expired amended cancel_rejected amend_rejected unknown cancel_sent fills_missing
pending_new      new      rejected partially_filled filled    canceled expired new     new             .              unknown pending_cancel awaiting_fills
new              .        rejected partially_filled filled    canceled expired .       .               .              unknown pending_cancel awaiting_fills
partially_filled .        rejected .                filled    canceled expired .       .               .              unknown pending_cancel awaiting_fills
pending_cancel   .        rejected .                filled    canceled expired .       new             .              unknown .              awaiting_fills
awaiting_fills   .        .        .                filled    canceled expired .       .               .              .       .              .
unknown          new      rejected partially_filled filled    canceled expired new     new             .              .       .              awaiting_fills
filled           .        .        .                .         .        .       .       .               .              .       .              .
canceled         .        .        .                filled    .        .       .       .               .              .       .              .
rejected         .        .        .                filled    .        .       .       .               .              .       .              .
expired          .        .        .                filled    .        .       .       .               .              .       .              .
denied           .        .        .                .         .        .       .       .               .              .       .              .
"""  # noqa: E501
_HEAD, *_ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [
    (OrderState[row[0].upper()], Happening[name.upper()], row[0] if cell == "." else cell)
    for row in _ROWS
    for name, cell in zip(_HEAD[1:], row[1:], strict=True)
]


def test_the_table_has_every_state_and_happening() -> None:
    assert {(state, happening) for state, happening, _ in CELLS} == {
        (state, happening) for state in OrderState for happening in Happening
    }
    assert set(MOVES) == set(Happening)


@pytest.mark.parametrize(("state", "happening", "following"), CELLS)
def test_a_happening_leads_where_the_table_says(
    state: OrderState, happening: Happening, following: str
) -> None:
    assert OrderState(next_state(state, happening, 0)).name.lower() == following


@pytest.mark.parametrize(("state", "happening", "following"), CELLS)
def test_an_order_that_has_fills_is_never_new(
    state: OrderState, happening: Happening, following: str
) -> None:
    expected = "partially_filled" if following == "new" else following
    assert OrderState(next_state(state, happening, 1)).name.lower() == expected


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_only_money_changes_a_final_state(state: OrderState) -> None:
    for happening in set(Happening) - {Happening.FULL_FILL}:
        assert next_state(state, happening, 0) == state


def test_the_docs_table_has_a_row_for_every_state() -> None:
    rows = as_markdown().splitlines()
    assert len(rows) == 2 + len(OrderState)
    assert all(row.count("|") == 2 + len(Happening) for row in rows)


def test_the_page_of_states_shows_the_table_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "order-states.md").read_text()
    shown = page.partition("<!-- table -->\n")[2].partition("<!-- end -->")[0]
    assert shown == as_markdown(), "copy core.order_lifecycle.as_markdown() to the page"
