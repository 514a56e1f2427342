"""Several venues in one run: plans, routes of settings, and what opens the account at each."""

from dataclasses import replace

import pytest

from tradewind.core.engine import Engine
from tradewind.core.state import State
from tradewind.core.venue_cash import cash_at
from tradewind.model import messages as m
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.wiring.route_settings import routes_of
from tradewind.wiring.settings import load_settings
from tradewind.wiring.stage import StagePlan
from tradewind.wiring.stage_plan import confirmed_accounts, stage_plans
from tradewind.wiring.stages import (
    account_events,
    described_events,
    listed_at,
    refuse_other_stages,
    route_events,
)

SPOT, COIN = "BTC/USDT.BINANCE", "BTC/USDT.BINANCE-USDM"
ROUTE = f"BTC={SPOT}@0.001@5+{COIN}@0.0005@20"


def plans(venues: str = "binance,binance-usdm", **others: str) -> tuple[StagePlan, ...]:
    return stage_plans(load_settings({"trading.venue": venues, **others}))


def opened(chosen: tuple[StagePlan, ...]) -> State:
    """A new journal's state behind the events that open the account and list both instruments."""
    engine = Engine(State())
    engine.step(m.RunStarted(1, "j0", 1, ""))
    for name in (SPOT, COIN)[: len(chosen)]:
        engine.step(m.InstrumentListed(1, Instrument(name, tick="0.1", lot="0.001")))
    for event in account_events(engine.state, chosen, "1000"):
        engine.step(event)
    state: State = engine.state
    return state


def test_plans_stand_in_the_order_of_the_setting_and_look_into_books_for_routes() -> None:
    found = plans("binance-usdm, binance", **{"routing.routes": ROUTE})
    assert [plan.venue for plan in found] == ["BINANCE-USDM", "BINANCE"]
    assert all("depth" in plan.place.kinds for plan in found)
    assert all("depth" not in plan.place.kinds for plan in plans())


@pytest.mark.parametrize(
    ("venues", "said"),
    [
        ("binance,binance", "names each venue once"),
        ("sim,binance", "stands alone"),
        ("binance,nowhere", "there is no venue 'nowhere'"),
        ("binance,ccxt:kraken", "kept in one currency: BINANCE in USDT"),
    ],
)
def test_venues_that_cannot_share_a_run_are_one_sentence(venues: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        plans(venues, **{"trading.instruments": "BTC/USD"})


def test_each_venue_has_an_account_of_its_own_to_confirm() -> None:
    assert confirmed_accounts("binance=1", ("binance", "alpaca")) == {"binance": "1", "alpaca": ""}
    with pytest.raises(UserError, match="'kraken' is no venue of this run"):
        confirmed_accounts("kraken=1", ("binance", "alpaca"))


def test_a_route_of_the_settings_has_its_legs_fees_and_milliseconds() -> None:
    (found,) = routes_of(load_settings({"routing.routes": ROUTE}))
    assert [(leg.instrument, leg.fee, leg.latency_ns) for leg in found.legs] == [
        (SPOT, 1_000_000, 5_000_000),
        (COIN, 500_000, 20_000_000),
    ]
    assert (found.miss_cost, found.stale_ns) == (1_000_000, 10 * 10**9)


@pytest.mark.parametrize("text", ["BTC=BTC/USDT", f"BTC={SPOT}@x", f"BTC={SPOT}@0.1@soon"])
def test_a_route_that_cannot_be_read_is_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match=r"BTC: .*write it like BTC="):
        routes_of(load_settings({"routing.routes": text}))


def test_legs_are_listed_and_a_venue_without_one_has_the_symbols_of_the_first() -> None:
    routes = routes_of(load_settings({"routing.routes": ROUTE}))
    ether = "ETH/USDT.BINANCE"
    assert listed_at(plans(), [ether], routes) == [ether, SPOT, COIN]
    assert listed_at(plans(), [SPOT], ()) == [SPOT, COIN]
    with pytest.raises(UserError, match="BINANCE-USDM is at none of the venues of this run"):
        listed_at(plans("binance"), [SPOT], routes)


def test_the_account_begins_at_each_venue_and_a_venue_may_come_later() -> None:
    both, state = plans(), opened(plans("binance"))
    engine = Engine(state)
    for event in account_events(state, both, "1000"):
        engine.step(event)
    account = state.account("paper")
    assert [cash_at(account, plan.venue)["USDT"] for plan in both] == [1000 * 10**8] * 2
    assert list(account_events(state, both, "1000")) == []


@pytest.mark.parametrize("venues", ["binance", "binance-usdm,binance", "alpaca"])
def test_a_home_keeps_its_venues_and_the_first_of_them(
    venues: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPACA_API_KEY", "k")
    monkeypatch.setenv("ALPACA_SECRET_KEY", "s")
    state = opened(plans())
    refuse_other_stages(state, plans(), "home")
    with pytest.raises(UserError, match="use another folder"):
        refuse_other_stages(state, plans(venues), "home")


def test_routes_of_another_time_are_taken_away_and_the_same_ones_are_not_set_again() -> None:
    engine, routes = (
        Engine(opened(plans())),
        routes_of(load_settings({"routing.routes": ROUTE})),
    )
    for event in route_events(engine.state, routes):
        engine.step(event)
    assert list(route_events(engine.state, routes)) == []
    (gone,) = route_events(engine.state, ())
    engine.step(gone)
    assert engine.state.routes == {}


def test_venues_are_described_by_their_cards_once_and_on_paper_without_icebergs() -> None:
    engine = Engine(State())
    live = tuple(replace(plan, mode="live") for plan in plans())
    said = list(described_events(engine.state, live))
    assert said == [m.VenueDescribed(0, "BINANCE", has_icebergs=True)]
    for event in said:
        engine.step(event)
    assert list(described_events(engine.state, live)) == []
    on_paper = list(described_events(engine.state, plans()))
    assert on_paper == [m.VenueDescribed(0, "BINANCE")]
