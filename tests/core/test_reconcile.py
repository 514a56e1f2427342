"""The comparison with a venue: spot balances, doubled and reordered answers, a complete table."""

from typing import get_args

import pytest

from tradewind.core.engine import Engine
from tradewind.core.reconcile import (
    ADOPT,
    CLOCK_SLACK_NS,
    CORRECT,
    HALT,
    RULES,
    Difference,
    Scope,
    adopted,
    balance_differences,
    contract_costs,
    expected_balances,
    fill_differences,
    is_untouched,
    order_differences,
)
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.instruments import Instrument
from tradewind.model.orders import OrderType, Side
from tradewind.model.venue_account import VenueBalance, VenueFill, VenueOrder, VenuePosition

BTC = Instrument("BTC/USDT.SPOT", tick="0.01", lot="0.00001")
ETH = Instrument("ETH/BTC.SPOT", tick="0.00001", lot="0.0001")
SCOPE = Scope("SPOT", "main", "j0", since_ns=2 - CLOCK_SLACK_NS, settled_ns=100)
ORDER = "j0-person-1"


def trading() -> State:
    """An account that bought half a bitcoin for a fee of one thousandth in bitcoin."""
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, BTC),
        m.InstrumentListed(1, ETH),
        m.AccountOpened(1, "main", "USDT"),
        m.CashDeposited(1, "main", "USDT", 100_000 * 10**8),
        m.CashDeposited(1, "main", "BTC", 10**8),
        m.StrategyRegistered(1, "person", "main", "", {}),
        m.OrderIntended(2, ORDER, "person", BTC.id, Side.BUY, 100_000, OrderType.LIMIT, 6_000_000),
        m.OrderAccepted(3, ORDER, "77"),
        m.OrderFilled(4, ORDER, "f1", 6_000_000, 50_000, 50_000, "BTC", 2),
    ):
        engine.step(event)
    state: State = engine.state
    return state


def fill(fill_id: str, *, order_id: str = ORDER, venue_order_id: str = "77") -> VenueFill:
    numbers = (Side.BUY, 6_000_000, 50_000, 50_000)
    return VenueFill(fill_id, order_id, venue_order_id, BTC.id, *numbers, "BTC", 2, 4)


def test_a_spot_venue_holds_what_was_bought_as_a_balance_less_the_fee_in_it() -> None:
    usdt, btc = 70_000 * 10**8, 10**8 + 5 * 10**7 - 50_000
    assert expected_balances(trading(), SCOPE, has_positions=False) == {"USDT": usdt, "BTC": btc}
    said = [VenueBalance("USDT", usdt, 0), VenueBalance("BTC", btc, btc)]
    assert not list(balance_differences(trading(), SCOPE, said, has_positions=False))
    said[1] = VenueBalance("BTC", btc + 1, btc)
    (found,) = balance_differences(trading(), SCOPE, said, has_positions=False)
    assert (found.rule, found.ours, found.theirs) == (HALT, "1.49950000", "1.49950001")
    assert found.events == (m.CashDeposited(0, "main", "BTC", 1),)


def test_what_rounding_can_make_is_corrected_and_one_unit_more_halts() -> None:
    usdt, btc = 70_000 * 10**8, 10**8 + 5 * 10**7 - 50_000
    said = [VenueBalance("USDT", usdt - 3, 0), VenueBalance("BTC", btc, btc)]
    (found,) = balance_differences(trading(), SCOPE, said, has_positions=False, dust=3)
    assert (found.kind, found.rule) == ("balance_rounding", CORRECT)
    (found,) = balance_differences(trading(), SCOPE, said, has_positions=False, dust=2)
    assert (found.kind, found.rule) == ("balance", HALT)


def test_a_currency_that_the_venue_does_not_name_is_missing_there() -> None:
    (found,) = balance_differences(
        trading(), SCOPE, [VenueBalance("BTC", 149_950_000, 0)], has_positions=False
    )
    assert (found.subject, found.ours, found.theirs) == ("USDT", "70000.00000000", "0.00000000")


@pytest.mark.parametrize("named", [{"venue_order_id": ""}, {"order_id": ""}])
def test_an_execution_belongs_to_its_order_by_either_id_and_counts_once(
    named: dict[str, str],
) -> None:
    fills = [fill("f2", **named), fill("f1", **named), fill("f2")]
    (found,) = fill_differences(trading(), SCOPE, BTC.id, fills)
    assert (found.kind, found.rule) == ("missing_fill", CORRECT)
    (event,) = found.events
    assert isinstance(event, m.OrderFilled)
    assert (event.fill_id, event.quantity, event.fee_currency) == ("f2", 50_000, "BTC")


def test_executions_of_others_and_of_other_instruments_are_not_ours() -> None:
    fills = [fill("f1"), fill("f9", order_id="by-hand", venue_order_id="78")]
    assert not list(fill_differences(trading(), SCOPE, BTC.id, fills))
    assert not list(fill_differences(trading(), SCOPE, ETH.id, []))


def test_an_execution_is_missing_there_only_where_the_venue_was_asked_far_enough_back() -> None:
    (found,) = fill_differences(trading(), SCOPE, BTC.id, [])
    assert (found.kind, found.rule) == ("fill_not_at_venue", HALT)
    late = Scope("SPOT", "main", "j0", since_ns=3, settled_ns=100)
    assert not list(fill_differences(trading(), late, BTC.id, []))


def test_what_has_just_changed_is_left_for_the_next_look() -> None:
    state = trading()
    (found,) = order_differences(state, SCOPE, [])
    assert found.events == (m.OrderUnknown(0, ORDER, "reconciliation: order_gone"),)
    moving = Scope("SPOT", "main", "j0", since_ns=0, settled_ns=3)
    assert not list(order_differences(state, moving, []))


def test_an_order_of_which_the_venue_filled_more_is_asked_about() -> None:
    there = VenueOrder(
        ORDER, "77", BTC.id, Side.BUY, OrderType.LIMIT, 100_000, 60_000, limit_price=6_000_000
    )
    (found,) = order_differences(trading(), SCOPE, [there])
    assert (found.kind, found.ours, found.theirs) == (
        "order_filled_more",
        "0.50000 of 1.00000 @ 60000.00",
        "0.60000 of 1.00000 @ 60000.00",
    )


def test_a_listed_execution_is_there_though_nobody_says_of_which_order() -> None:
    listed = fill("f1", order_id="", venue_order_id="never told")
    assert list(fill_differences(trading(), SCOPE, BTC.id, [listed])) == []
    [gone] = fill_differences(
        trading(), SCOPE, BTC.id, [fill("f9", order_id="", venue_order_id="")]
    )
    assert gone.kind == "fill_not_at_venue"


def test_an_execution_near_the_time_that_was_asked_from_need_not_be_listed() -> None:
    """A venue whose clock was behind by two seconds has it before that time."""
    near = Scope("SPOT", "main", "j0", since_ns=1, settled_ns=100)
    assert list(fill_differences(trading(), near, BTC.id, [])) == []
    far = Scope("SPOT", "main", "j0", since_ns=2 - CLOCK_SLACK_NS, settled_ns=100)
    [gone] = fill_differences(trading(), far, BTC.id, [])
    assert gone.kind == "fill_not_at_venue"


def test_an_account_is_new_until_money_or_an_order_was_there() -> None:
    assert not is_untouched(trading(), SCOPE)
    engine = Engine(State())
    engine.step(m.AccountOpened(1, "main", "USDT"))
    assert is_untouched(engine.state, SCOPE)


def test_every_kind_has_a_rule_and_what_would_halt_can_be_taken() -> None:
    assert {rule for rule, _ in RULES.values()} == {ADOPT, CORRECT, HALT}
    for kind in RULES:
        taken = adopted(Difference(kind, "", "", ""), "accepted")
        assert taken.rule != HALT
        assert taken.told("SPOT").rule == taken.rule
    assert m.VenueDiffered in get_args(m.Record)


PERPETUAL = Instrument("BTC/USDT.USDM", tick="0.1", lot="0.001", kind="perpetual")


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_money_of_contracts_is_the_same_in_whatever_order_executions_are_posted(
    order: tuple[int, ...],
) -> None:
    """Bought at 100, sold at 110, bought at 120: the venue took 10 and holds one at 120."""
    engine = Engine(State())
    prices = (1_000, 1_100, 1_200)
    sides = (Side.BUY, Side.SELL, Side.BUY)
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, PERPETUAL),
        m.AccountOpened(1, "main", "USDT"),
        m.CashDeposited(1, "main", "USDT", 1_000 * 10**8),
        m.StrategyRegistered(1, "person", "main", "", {}),
        *(
            m.OrderIntended(2, f"j0-person-{n}", "person", PERPETUAL.id, sides[n], 1_000)
            for n in range(3)
        ),
        *(
            m.OrderFilled(3, f"j0-person-{n}", f"f{n}", prices[n], 1_000, 0, "USDT", 2)
            for n in order
        ),
    ):
        engine.step(event)
    scope = Scope("USDM", "main", "j0", since_ns=0, settled_ns=100)
    wallet, cost = 1_010 * 10**8, 120 * 10**8
    there = [VenuePosition(PERPETUAL.id, 1_000, 1_200, cost=cost)]
    said = [VenueBalance("USDT", wallet, wallet)]
    costs = contract_costs(engine.state, there)
    assert costs == {"USDT": cost}
    assert not list(
        balance_differences(engine.state, scope, said, has_positions=True, contracts=costs)
    )
