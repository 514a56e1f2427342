"""One account with money at several venues, and routes over venues that count otherwise."""

import pytest

from tradewind.core.engine import Engine
from tradewind.core.reconcile import Scope, balance_differences, is_untouched, transfers_to
from tradewind.core.route import check_route
from tradewind.core.snapshot import decode_state, encode_state
from tradewind.core.state import State
from tradewind.core.venue_cash import cash_at
from tradewind.model import messages as m
from tradewind.model.algorithm_messages import Algorithm, AlgorithmIntended, ParentEnded
from tradewind.model.columns import DEPTH_LAST, DEPTH_SNAPSHOT
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.orders import Side
from tradewind.model.route_messages import OrderRouted, route
from tradewind.model.venue_account import VenueBalance
from tradewind.runtime.children import Children

ONE = 10**8
SPOT = Instrument("BTC/USDT.SPOT", tick="0.01", lot="0.00001", quantity_digits=8)
COIN = Instrument("BTC/USDT.COIN", tick="0.1", lot="0.001", kind="perpetual")
AT_SPOT = Scope("SPOT", "main", "j0", 0, 100)
AT_COIN = Scope("COIN", "main", "j0", 0, 100)
ORDER = "j0-person-1"
WANTED = AlgorithmIntended(
    3, ORDER, "person", SPOT.id, Side.BUY, 300_000, Algorithm.AT_ONCE, route="BTC"
)


def spread() -> Engine:
    """1000 USDT at SPOT, 500 of them moved to COIN; no trade yet."""
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, SPOT),
        m.InstrumentListed(1, COIN),
        m.AccountOpened(1, "main", "USDT"),
        m.AccountSpread(1, "main", ("SPOT", "COIN")),
        m.CashDeposited(1, "main", "USDT", 1_500 * ONE),
        m.CashTransferred(1, "main", "COIN", "USDT", 500 * ONE),
        m.StrategyRegistered(1, "person", "main", "", {}),
        route("BTC", (SPOT.id, "0", 0), (COIN.id, "0", 0)),
    ):
        engine.step(event)
    return engine


def prices(engine: Engine, instrument: str, bid: int, ask: int, size: int) -> None:
    """A book with one level on each side, in the instrument's units."""
    market = engine.state.market(instrument)
    market.book.apply(1, bid, size, DEPTH_SNAPSHOT)
    market.book.apply(-1, ask, size, DEPTH_SNAPSHOT | DEPTH_LAST)
    market.bid, market.ask, market.mark, market.mark_time_ns = bid, ask, ask, 2


def bought(engine: Engine) -> list[object]:
    """0.003 by the route: COIN shows 0.002 at 99.9, SPOT the rest at 100."""
    prices(engine, SPOT.id, 9_990, 10_000, 10 * ONE)
    prices(engine, COIN.id, 998, 999, 2)
    return engine.step(WANTED)


def test_each_venue_has_its_money_and_the_books_have_all_of_it() -> None:
    engine = spread()
    account = engine.state.account("main")
    assert cash_at(account, "SPOT") == {"USDT": 1_000 * ONE}
    assert cash_at(account, "COIN") == {"USDT": 500 * ONE}
    assert account.home.cash == 1_500 * ONE


def test_an_order_is_divided_among_legs_that_count_with_other_digits() -> None:
    decided = bought(spread())
    routed = next(one for one in decided if isinstance(one, OrderRouted))
    assert [(one.instrument, one.quantity, one.price) for one in routed.scores] == [
        (SPOT.id, 100_000, 10_000),
        (COIN.id, 200_000, 999),
    ]
    sent = [one for one in decided if isinstance(one, m.SubmitOrder)]
    assert [(one.venue, one.quantity) for one in sent] == [("SPOT", 100_000), ("COIN", 2)]


def test_fills_move_the_money_of_their_venue_over_a_snapshot_and_end_the_parent() -> None:
    engine = spread()
    bought(engine)
    for event in (
        m.OrderFilled(4, ORDER + ".1", "a", 10_000, 100_000, 100, "BTC", 2),
        m.OrderFilled(5, ORDER + ".2", "b", 999, 1, ONE, "USDT", 2),
    ):
        engine.step(event)
    state = decode_state(encode_state(engine.state))
    account = state.account("main")
    assert cash_at(account, "COIN") == {"USDT": 500 * ONE - 999 * ONE // 10_000 - ONE}
    assert cash_at(account, "SPOT") == {"USDT": 1_000 * ONE - ONE // 10, "BTC": -100}
    assert state.parents[ORDER].filled_quantity == 200_000
    decided = Engine(state).step(m.OrderFilled(6, ORDER + ".2", "c", 999, 1, 0, "USDT", 2))
    assert [one.filled_quantity for one in decided if isinstance(one, ParentEnded)] == [300_000]


def test_what_a_venue_says_is_compared_with_its_own_part() -> None:
    state = spread().state
    agreed = [VenueBalance("USDT", 500 * ONE, 0)]
    assert list(balance_differences(state, AT_COIN, agreed, has_positions=True)) == []
    (found,) = balance_differences(state, AT_SPOT, agreed, has_positions=True)
    assert (found.ours, found.theirs) == ("1000.00000000", "500.00000000")
    (found,) = balance_differences(state, AT_COIN, [], has_positions=True)
    engine = Engine(state)
    for number, event in enumerate(found.events):
        engine.step(type(event)(5 + number, *[getattr(event, name) for name in fields(event)]))
    assert cash_at(state.account("main"), "COIN") == {"USDT": 0}
    assert cash_at(state.account("main"), "SPOT") == {"USDT": 1_000 * ONE}
    assert transfers_to(state, AT_SPOT, "USDT", 5) == ()


def fields(event: m.ControlEvent) -> list[str]:
    return [name for name in event.__struct_fields__ if name != "time_ns"]


def test_a_venue_that_was_looked_at_is_not_taken_for_new() -> None:
    engine = Engine(State())
    for event in (
        m.RunStarted(1, "j0", 1, ""),
        m.InstrumentListed(1, SPOT),
        m.AccountOpened(1, "main", "USDT"),
        m.AccountSpread(1, "main", ("SPOT", "COIN")),
    ):
        engine.step(event)
    state = engine.state
    assert is_untouched(state, AT_SPOT)
    assert is_untouched(state, AT_COIN)
    engine.step(m.CashDeposited(2, "main", "USDT", ONE))
    engine.step(m.CashTransferred(2, "main", "COIN", "USDT", ONE))
    assert not is_untouched(state, AT_COIN)
    engine.step(m.CashTransferred(3, "main", "COIN", "USDT", -ONE))
    assert not is_untouched(state, AT_COIN)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (m.AccountSpread(5, "main", ()), "1 to 20 venues"),
        (m.AccountSpread(5, "main", ("SPOT", "SPOT")), "each named once"),
        (m.AccountSpread(5, "main", ("SPOT",)), "has money at COIN"),
        (m.CashTransferred(5, "main", "SPOT", "USDT", 1), "known are COIN"),
        (m.CashTransferred(5, "main", "COIN", "USDT", 2**62), "64 bits"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    event: m.AccountSpread | m.CashTransferred, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        spread().step(event)


def test_a_route_begins_with_the_leg_that_can_count_all_others() -> None:
    wanted = route("other", (COIN.id, "0", 0), (SPOT.id, "0", 0))
    with pytest.raises(UserError, match=r"name BTC/USDT\.SPOT first"):
        check_route(spread().state, wanted)


def test_a_route_whose_first_venue_is_halted_goes_to_the_others() -> None:
    engine = spread()
    engine.step(m.Halted(2, "venue:SPOT", "a test", "test"))
    decided = bought(engine)
    routed = next(one for one in decided if isinstance(one, OrderRouted))
    assert [one.quantity for one in routed.scores] == [0, 300_000]
    assert routed.scores[0].reason == "halted SPOT a test"
    engine.step(m.Halted(4, "venue:COIN", "a test", "test"))
    again = AlgorithmIntended(
        5, "j0-person-2", "person", SPOT.id, Side.BUY, 300_000, Algorithm.AT_ONCE, route="BTC"
    )
    assert [one.rule for one in engine.step(again) if isinstance(one, m.OrderDenied)] == ["halted"]


def test_the_last_check_counts_children_of_other_digits_as_their_parent_does() -> None:
    engine = spread()
    children = Children()
    children.begin(engine.state)
    for record in [WANTED, *bought(engine)]:
        children.note(record)
    children.left(ORDER + ".1", 100_000, SPOT.id)
    assert children.excess(ORDER + ".2", 2, COIN.id) == ""
    assert "300000 beside 100000" in children.excess(ORDER + ".2", 3, COIN.id)
