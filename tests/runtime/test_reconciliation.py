"""Reconciliation over the paper venue: each difference is told, and its rule followed."""

import asyncio

import pytest

from tests.runtime.venue_engine import CASH, COIN, VenueEngine, kinds, placed, through
from tradewind.model import messages as m
from tradewind.model.errors import OutsideError
from tradewind.model.orders import Leg, OrderState
from tradewind.ports.trading import Connection
from tradewind.runtime import venue_watch
from tradewind.runtime.acceptance import Acceptance, Seen, halting
from tradewind.testing.virtual_time import run_virtually


async def look(engine: VenueEngine) -> None:
    """One more look, a minute later, and what follows from it."""
    await asyncio.sleep(60)
    assert await engine.reconciliation.look()
    for _ in range(3):
        await engine.loop.turn()
        await asyncio.sleep(0.5)
    await engine.loop.turn()


def accepting(engine: VenueEngine) -> Acceptance:
    """What a person says who has looked: the venue is right."""
    rows = halting(engine.reconciliation.rows, "SIM")
    return Acceptance(
        tuple(Seen(row["kind"], row["subject"], row["theirs"]) for row in rows), "I looked (ann)"
    )


def test_a_new_account_begins_with_what_the_venue_says() -> None:
    async def scenario(engine: VenueEngine) -> None:
        assert kinds(engine) == ["first_balance", "first_position"]
        await look(engine)

    engine = through(scenario)
    account = engine.state.account("main")
    assert account.home.cash == CASH
    assert engine.state.strategy("person").quantity(0) == 3
    assert kinds(engine) == ["first_balance", "first_position"]
    assert not engine.state.halts


def test_no_order_leaves_before_the_first_look() -> None:
    async def play() -> VenueEngine:
        engine = VenueEngine()
        await engine.start()
        await engine.order(1, 90)
        await engine.watch.check()
        await engine.loop.turn()
        await engine.order(2, 90)
        await engine.dispatch.close()
        return engine

    engine = run_virtually(play())
    (denied,) = engine.told(m.OrderDenied)
    assert isinstance(denied, m.OrderDenied)
    assert (denied.order_id, denied.rule) == ("j0-person-1", "venue_lost")
    assert list(engine.state.open_orders) == ["j0-person-2"]


def test_an_execution_that_was_never_reported_is_posted_once() -> None:
    async def scenario(engine: VenueEngine) -> None:
        await engine.order(1, 95)
        await engine.paper.start(lambda report: None)
        engine.quote(90, 94)
        await look(engine)
        await look(engine)

    engine = through(scenario)
    assert engine.state.orders["j0-person-1"].state == OrderState.FILLED
    assert engine.state.strategy("person").quantity(0) == 4
    assert kinds(engine)[2:] == ["missing_fill"]
    assert len(engine.told(m.OrderFilled)) == 1
    assert not engine.state.halts


def test_an_order_that_is_gone_there_is_asked_about() -> None:
    async def scenario(engine: VenueEngine) -> None:
        name = await engine.order(1, 95)
        await engine.paper.start(lambda report: None)
        await engine.paper.cancel(m.CancelOrder(0, name, "SIM", COIN.id))
        await look(engine)

    engine = through(scenario)
    assert engine.state.orders["j0-person-1"].state == OrderState.CANCELED
    assert kinds(engine)[2:] == ["order_gone"]


def test_an_order_of_somebody_else_is_shown_once_and_left_alone() -> None:
    async def scenario(engine: VenueEngine) -> None:
        await engine.paper.submit(placed("by-hand-1", 90))
        await look(engine)
        await look(engine)
        assert len(await engine.paper.open_orders()) == 1
        (row,) = engine.reconciliation.rows
        assert (row["subject"], row["ours"], row["rule"]) == ("by-hand-1", "nothing", "adopt")

    engine = through(scenario)
    assert kinds(engine)[2:] == ["foreign_order"]
    assert not engine.state.halts


def test_an_order_with_our_name_that_nobody_counts_is_canceled() -> None:
    async def scenario(engine: VenueEngine) -> None:
        await engine.paper.submit(placed("j0-person-9", 90))
        await look(engine)
        assert await engine.paper.open_orders() == []

    assert kinds(through(scenario))[2:] == ["order_not_known_here"]


def test_an_order_that_is_over_here_is_canceled_there() -> None:
    async def scenario(engine: VenueEngine) -> None:
        name = await engine.order(1, 90)
        engine.loop.offer(m.OrderRejected(0, name, "never_reached_venue"))
        await engine.loop.turn()
        await look(engine)
        assert await engine.paper.open_orders() == []

    assert kinds(through(scenario))[2:] == ["order_done_here"]


def test_other_terms_there_count_from_here_on() -> None:
    async def scenario(engine: VenueEngine) -> None:
        name = await engine.order(1, 90)
        await engine.paper.start(lambda report: None)
        await engine.paper.amend(m.AmendOrder(0, name, "SIM", COIN.id, 2, 91))
        await look(engine)

    engine = through(scenario)
    order = engine.state.orders["j0-person-1"]
    assert (order.quantity, order.limit_price) == (2, 91)
    assert kinds(engine)[2:] == ["order_terms"]


@pytest.mark.parametrize(
    ("cash", "position", "kind", "said"),
    [
        (CASH - 11, 3, "balance", "balance of USD: we say 10000.000000, the venue 9999.999989"),
        (CASH, 2, "position", "position of COIN/USD.SIM: we say 3, the venue 2"),
    ],
)
def test_money_and_positions_that_nothing_explains_halt_the_venue(
    cash: int, position: int, kind: str, said: str
) -> None:
    async def scenario(engine: VenueEngine) -> None:
        engine.paper.open_account({"USD": cash}, {(COIN.id, Leg.NET): position})
        await look(engine)
        assert engine.state.halts["venue:SIM"] == (said, "reconciliation")
        # a person takes the venue's word: what differed is booked, and only then it may go on
        assert await engine.reconciliation.look(accepting(engine))
        engine.loop.offer(m.Resumed(0, "venue:SIM", "person"))
        await look(engine)

    engine = through(scenario)
    assert kinds(engine)[2:] == [kind, f"accepted_{kind}"]
    assert not engine.state.halts
    assert engine.state.account("main").home.cash == cash
    assert engine.state.strategy("person").quantity(0) == position


def test_an_execution_that_the_venue_took_back_halts_it_at_the_second_look() -> None:
    async def scenario(engine: VenueEngine) -> None:
        await engine.order(1, 103)
        engine.paper._account._fills.clear()
        await look(engine)
        assert not engine.state.halts
        await look(engine)

    engine = through(scenario)
    assert "fill_not_at_venue of j0-person-1" in engine.state.halts["venue:SIM"][0]


def test_a_person_accepts_that_an_execution_was_taken_back_for_good() -> None:
    async def scenario(engine: VenueEngine) -> None:
        name = await engine.order(1, 103)
        engine.paper._account._fills.clear()
        assert engine.state.account("main").home.cash < CASH
        (fill,) = (one for one in engine.told(m.OrderFilled) if isinstance(one, m.OrderFilled))
        engine.paper.open_account({"USD": CASH}, {(COIN.id, Leg.NET): 3})
        await look(engine)
        await look(engine)
        assert "venue:SIM" in engine.state.halts
        assert await engine.reconciliation.look(accepting(engine))
        engine.loop.offer(m.Resumed(0, "venue:SIM", "ann"))
        await look(engine)
        await look(engine)
        assert not engine.state.halts
        assert engine.state.account("main").home.cash == CASH
        assert fill.fill_id not in engine.state.orders[name].fill_ids

    engine = through(scenario)
    assert engine.state.strategy("person").quantity(0) == 3
    last = [one for one in engine.told() if isinstance(one, m.VenueDiffered)][-1]
    assert last.kind == "accepted_fill_not_at_venue"
    assert last.reason == "a person took the venue's word: I looked (ann)"


def test_what_was_not_seen_is_not_accepted() -> None:
    async def scenario(engine: VenueEngine) -> None:
        engine.paper.open_account({"USD": CASH - 11}, {(COIN.id, Leg.NET): 3})
        await look(engine)
        seen = accepting(engine)
        engine.paper.open_account({"USD": CASH - 12}, {(COIN.id, Leg.NET): 3})
        assert await engine.reconciliation.look(seen)
        await engine.loop.turn()

    engine = through(scenario)
    assert kinds(engine)[2:] == ["balance", "balance"]
    assert "venue:SIM" in engine.state.halts
    assert engine.state.account("main").home.cash == CASH


def test_a_difference_that_is_gone_at_the_second_sight_is_none() -> None:
    async def scenario(engine: VenueEngine) -> None:
        engine.paper.open_account({"USD": CASH + 11}, {(COIN.id, Leg.NET): 3})
        looking = asyncio.create_task(look(engine))
        await asyncio.sleep(61)
        engine.paper.open_account({"USD": CASH}, {(COIN.id, Leg.NET): 3})
        await looking

    engine = through(scenario)
    assert kinds(engine)[2:] == []
    assert not engine.state.halts


def test_a_venue_that_does_not_answer_is_asked_again_and_then_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(engine: VenueEngine) -> None:
        async def silent() -> list[object]:
            raise OutsideError("503", fault="theirs", retry=True)

        answer = engine.paper.balances
        monkeypatch.setattr(engine.paper, "balances", silent)
        watching = asyncio.create_task(engine.watch.run())
        await asyncio.sleep(venue_watch.INTERVAL_S + 10)
        await engine.loop.turn()
        assert "SIM" not in engine.state.lost_venues
        await asyncio.sleep(venue_watch.UNSEEN_S_MAX)
        await engine.loop.turn()
        assert engine.state.lost_venues["SIM"] == "not reconciled for 300 s: 503"
        monkeypatch.setattr(engine.paper, "balances", answer)
        await asyncio.sleep(venue_watch.RETRY_MAX_S * 2)
        await engine.loop.turn()
        assert "SIM" not in engine.state.lost_venues
        watching.cancel()

    through(scenario)


@pytest.mark.parametrize(
    ("connection", "reason"),
    [
        (Connection(is_up=False, count=1, reason="closed by the venue"), "closed by the venue"),
        (Connection(is_up=True, count=1, circuit="open", reason="503"), "too many errors"),
        (Connection(is_up=True, count=1, clock_offset_ns=2 * 10**9), "2000.0 ms from ours"),
    ],
)
def test_a_lost_venue_takes_no_order_until_it_is_back_and_reconciled(
    monkeypatch: pytest.MonkeyPatch, connection: Connection, reason: str
) -> None:
    async def scenario(engine: VenueEngine) -> None:
        up = engine.paper.connection
        monkeypatch.setattr(type(engine.paper), "connection", connection)
        await engine.watch.check()
        await engine.order(1, 90)
        assert reason in engine.state.lost_venues["SIM"]
        assert not engine.state.open_orders
        looks = engine.reconciliation.looks
        monkeypatch.setattr(type(engine.paper), "connection", Connection(True, up.count + 1))
        await engine.watch.check()
        await engine.loop.turn()
        assert engine.reconciliation.looks == looks + 1
        await engine.order(2, 90)
        assert list(engine.state.open_orders) == ["j0-person-2"]

    through(scenario)


def test_a_closed_instrument_takes_no_order_and_its_venue_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(engine: VenueEngine) -> None:
        closed = {COIN.id: "the market is closed"}

        async def sessions() -> dict[str, str]:
            return closed

        monkeypatch.setattr(engine.paper, "closed_instruments", sessions)
        await asyncio.sleep(venue_watch.INTERVAL_S)
        await engine.watch.check()
        await engine.order(1, 90)
        denied = engine.told(m.OrderDenied)[-1]
        assert isinstance(denied, m.OrderDenied)
        assert (denied.rule, denied.limit) == ("market_closed", "the market is closed")
        closed.clear()
        await asyncio.sleep(venue_watch.INTERVAL_S)
        await engine.watch.check()
        await engine.order(2, 90)
        assert list(engine.state.open_orders) == ["j0-person-2"]

    through(scenario)
