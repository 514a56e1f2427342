"""The stage that settings ask for, with the keys it needs and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tradewind.model.errors import UserError
from tradewind.wiring import catalog
from tradewind.wiring.process_guard import forbid_core_dumps
from tradewind.wiring.route_settings import ROUTES
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage import StagePlan
from tradewind.wiring.trading_venues import SIM, venue_entry
from tradewind.wiring.venue_entry import VenueEntry
from tradewind.wiring.venue_keys import needed_keys

NO_STRATEGY = "none"
"""In the place of strategies: only persons trade."""


WantsKeys = Callable[[str, VenueEntry], bool]
"""Whether a process needs the keys of a venue, by the mode of the run."""


def to_trade(mode: str, entry: VenueEntry) -> bool:
    """For a process that has both ends of a run."""
    return mode == "live" or entry.data_needs_key


def to_read(mode: str, entry: VenueEntry) -> bool:
    """For a process that takes market data and trades nothing."""
    return entry.data_needs_key


def to_hold_none(mode: str, entry: VenueEntry) -> bool:
    """For a process that has neither end."""
    return False


def stage_plans(settings: Settings, wants_keys: WantsKeys = to_trade) -> tuple[StagePlan, ...]:
    """The plan of each venue, in the order of the setting; the account is kept in one currency."""
    names = tuple(name.strip() for name in settings[catalog.VENUE].split(",") if name.strip())
    if len(set(names)) != len(names) or not names:
        raise UserError("TRADEWIND_VENUE names each venue once, like binance,binance-usdm")
    if SIM in names and len(names) > 1:
        raise UserError(f"{SIM} is a market of its own: it stands alone in TRADEWIND_VENUE")
    confirmed = confirmed_accounts(settings[catalog.LIVE_CONFIRM], names)
    plans = tuple(_stage_plan(settings, name, confirmed[name], wants_keys) for name in names)
    other = next((plan for plan in plans if plan.currency != plans[0].currency), None)
    if other is not None:
        raise UserError(
            f"an account is kept in one currency: {plans[0].venue} in {plans[0].currency}, "
            f"{other.venue} in {other.currency}; run them in homes of their own"
        )
    return plans


def confirmed_accounts(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """The account that a person confirmed of each venue.

    >>> confirmed_accounts("1", ("binance",))
    {'binance': '1'}
    >>> confirmed_accounts("binance=1, alpaca=PA1", ("alpaca", "binance"))
    {'alpaca': 'PA1', 'binance': '1'}
    """
    if len(names) == 1:
        return {names[0]: text}
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    given = {name.strip(): account.strip() for name, _, account in parts}
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        example = ",".join(f"{name}=ACCOUNT" for name in names)
        raise UserError(
            f"LIVE_TRADING_CONFIRM: {unknown!r} is no venue of this run: write it like {example}"
        )
    return {name: given.get(name, "") for name in names}


def _stage_plan(settings: Settings, name: str, confirmed: str, wants_keys: WantsKeys) -> StagePlan:
    """The plan of one venue; a process that holds keys leaves no core dump."""
    interval_s = float(settings[catalog.RECONCILE_INTERVAL])
    mode = settings[catalog.TRADING_MODE]
    if name == SIM:
        seed = settings[catalog.MARKET_SEED]
        return StagePlan(mode="paper", seed=seed, reconcile_interval_s=interval_s)
    entry = _with_currency(venue_entry(name), settings)
    if mode == "live" and entry.live_refusal:
        raise UserError(entry.live_refusal)
    keys = None
    if wants_keys(mode, entry):
        forbid_core_dumps()
        keys, _where = needed_keys(settings, entry)
    place = entry.place(settings)
    if settings[ROUTES]:
        place = place._replace(kinds=("trades", "quotes", "depth"))
    return StagePlan(
        mode=mode,
        entry=entry,
        place=place,
        keys=keys,
        confirmed=confirmed,
        reconcile_interval_s=interval_s,
    )


def _with_currency(entry: VenueEntry, settings: Settings) -> VenueEntry:
    """The entry with what its account is kept in; `UserError` where nothing tells."""
    if entry.currency:
        return entry
    symbols = settings[catalog.INSTRUMENTS]
    if not symbols or "/" not in symbols[0]:
        raise UserError(f"{entry.name} has many markets: name what to trade, --instruments BTC/USD")
    return replace(entry, currency=symbols[0].partition("/")[2])


def strategies_of(settings: Settings) -> tuple[str, ...]:
    """The strategies of a run; none where only persons trade."""
    return tuple(name for name in settings[catalog.STRATEGIES] if name != NO_STRATEGY)


def symbols_of(settings: Settings, entry: VenueEntry | None, strategies: int) -> tuple[str, ...]:
    """What a run trades: the symbols that are named and nothing else, else the venue's usual ones.

    More strategies than named symbols begin with the first one again. Without either it is empty,
    for the demo's.
    """
    named = settings[catalog.INSTRUMENTS]
    if named:
        return (*named, *(named[at % len(named)] for at in range(len(named), strategies)))
    usual = entry.symbols if entry else ()
    return usual[:strategies] if strategies else usual
