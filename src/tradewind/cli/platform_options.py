"""What `tradewind run` builds its platform from, read out of the settings."""

from __future__ import annotations

from pathlib import Path

from tradewind.model.account_terms import parse_terms
from tradewind.model.errors import UserError
from tradewind.runtime.new_code import parse_small_limits
from tradewind.runtime.retention import RetentionRule
from tradewind.runtime.risk_levels import parse_levels
from tradewind.runtime.scope_limits import parse_scope_limits
from tradewind.runtime.stress_scenarios import parse_scenarios
from tradewind.wiring import catalog
from tradewind.wiring.journals import journal_place
from tradewind.wiring.limit_profiles import demo_limits
from tradewind.wiring.platform import PlatformOptions
from tradewind.wiring.rehearsal import rehearsal_ms
from tradewind.wiring.route_settings import routes_of
from tradewind.wiring.settings import Settings
from tradewind.wiring.stage_plan import WantsKeys, stage_plans, strategies_of, symbols_of, to_trade

MEGABYTE = 1_000_000


def options_of(settings: Settings, wants_keys: WantsKeys = to_trade) -> PlatformOptions:
    """What settings say of a run, with the keys that the process wants."""
    home, stages = settings[catalog.HOME], stage_plans(settings, wants_keys)
    strategies = strategies_of(settings)
    make_home(home)
    return PlatformOptions(
        home=home,
        strategies=strategies,
        cash=settings.shown(catalog.CASH),
        seed=settings[catalog.MARKET_SEED],
        limits=demo_limits(settings),
        snapshot_interval_s=settings[catalog.SNAPSHOT_INTERVAL],
        journal=journal_place(settings),
        stages=stages,
        routes=routes_of(settings),
        symbols=symbols_of(settings, stages[0].entry, len(strategies)),
        mark=settings[catalog.MARK],
        scope_limits=parse_scope_limits(settings[catalog.RISK_LIMITS]),
        risk_levels=parse_levels(settings[catalog.RISK_LEVELS]),
        scenarios=parse_scenarios(settings[catalog.RISK_SCENARIOS]),
        new_code=parse_small_limits(settings[catalog.NEW_CODE_LIMITS]),
        terms=parse_terms(settings[catalog.ACCOUNT_TERMS]),
        rehearsal_ms=rehearsal_ms(settings),
        retention=RetentionRule(
            kept_days=settings[catalog.RETENTION_DAYS],
            disk_bytes_max=settings[catalog.DISK_MAX] * MEGABYTE,
        ),
    )


def make_home(home: Path) -> None:
    """Make the folder of a run; `UserError` where that cannot be."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{home} cannot be made: {error.strerror}; set TRADEWIND_HOME to another folder"
        ) from None
