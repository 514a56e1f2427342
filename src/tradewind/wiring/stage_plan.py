"""The stage that settings ask for, with the keys it needs and nothing more."""

from __future__ import annotations

from dataclasses import replace

from tradewind.model.errors import UserError
from tradewind.wiring import catalog
from tradewind.wiring.process_guard import forbid_core_dumps
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage import StagePlan
from tradewind.wiring.trading_venues import SIM, venue_entry
from tradewind.wiring.venue_entry import VenueEntry
from tradewind.wiring.venue_keys import needed_keys

NO_STRATEGY = "none"
"""In the place of strategies: only persons trade."""


def stage_plan(settings: Settings) -> StagePlan:
    """The plan; a process that holds keys leaves no core dump."""
    interval_s = float(settings[catalog.RECONCILE_INTERVAL])
    name, mode = settings[catalog.VENUE], settings[catalog.TRADING_MODE]
    if name == SIM:
        seed = settings[catalog.MARKET_SEED]
        return StagePlan(mode="paper", seed=seed, reconcile_interval_s=interval_s)
    entry = _with_currency(venue_entry(name), settings)
    if mode == "live" and entry.live_refusal:
        raise UserError(entry.live_refusal)
    keys = None
    if mode == "live" or entry.data_needs_key:
        forbid_core_dumps()
        keys, _where = needed_keys(settings, entry)
    return StagePlan(
        mode=mode,
        entry=entry,
        place=entry.place(settings),
        keys=keys,
        confirmed=settings[catalog.LIVE_CONFIRM],
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
