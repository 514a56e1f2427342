"""What the application is built from; the wiring fills it in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tradewind.gateway.access_log import NAME, AccessLog
from tradewind.gateway.authentication import Authentication
from tradewind.gateway.breached import Breached
from tradewind.gateway.engine_link import EngineLink
from tradewind.gateway.grouped_writes import GroupedWrites
from tradewind.gateway.job_runner import JobRunner, JobStore
from tradewind.gateway.kept_replies import KeptReplies
from tradewind.gateway.layered_cache import LayeredCache
from tradewind.gateway.logins import Logins
from tradewind.gateway.market_rows import MarketRows
from tradewind.gateway.metrics import HttpMetrics
from tradewind.gateway.passwords import NO_LIST
from tradewind.gateway.pressure import Pressure
from tradewind.gateway.rate_limits import RateLimit
from tradewind.gateway.second_factor import SecondFactor
from tradewind.gateway.tokens import AccessTokens
from tradewind.ports.audit import Audit
from tradewind.ports.cache import FarCache
from tradewind.ports.history import History
from tradewind.ports.identity import Identities
from tradewind.ports.journal import JournalReader
from tradewind.ports.kept_answers import KeptAnswers
from tradewind.ports.records import Records
from tradewind.ports.security_store import RateCounters, SecurityStore
from tradewind.runtime.read_models import Status

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Options:
    """How the gateway behaves. `needs_login` is False only where nobody else can reach it."""

    needs_login: bool
    token_secrets: tuple[bytes, ...] = field(repr=False)
    encryption_keys: tuple[bytes, ...] = field(repr=False)
    allowed_origins: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = LOOPBACK_NAMES
    trusted_proxies: tuple[str, ...] = ()
    requests_per_minute: int = 1_000
    is_https: bool = False
    keeps_access_log: bool = False
    needs_two_people: bool = False
    audit_days: int = 0
    breached: Breached = NO_LIST
    job_slots: int = 2
    job_kind_slots: Mapping[str, int] = field(default_factory=dict)


class Services:
    """Everything that routes need, made once an application.

    `counters` count requests, `spare_counters` while those fail; `security` is for all workers.
    `stored` is what the last run left and why no engine answers; None where nothing was left.
    `far_cache` is what all workers share of what was told; without it each keeps for itself.
    `settings` are the settings as they took effect, secrets masked; `journal` opens it for reading.
    """

    def __init__(
        self,
        home: Path,
        options: Options,
        *,
        identities: Identities,
        security: SecurityStore,
        counters: RateCounters,
        spare_counters: RateCounters,
        audit: Audit,
        kept_answers: KeptAnswers,
        records: Callable[[], Records],
        stored: Callable[[str], Status | None],
        jobs: JobStore,
        history: History,
        journal: Callable[[], JournalReader],
        settings: Callable[[], list[dict[str, str]]],
        now_ns: Callable[[], int] = time.time_ns,
        far_cache: FarCache | None = None,
    ) -> None:
        self.options = options
        self.identities = identities
        self.security = security
        self._counters = counters
        self._spare_counters = spare_counters
        self.audit = audit
        self.kept_answers = kept_answers
        turn = asyncio.Lock()  # SQLite's writers wait for each other by sleeping.
        self.noting = GroupedWrites(audit.append_all, turn)
        self.claiming = GroupedWrites(kept_answers.begin_all, turn)
        self.finishing = GroupedWrites(kept_answers.finish_all, turn)
        self.pressure = Pressure(time.monotonic)
        self.records = records
        self.stored = stored
        self.jobs = jobs.jobs
        self.history = history
        self.open_journal = journal
        self.market_rows = MarketRows(history, home, journal)
        self.settings = settings
        self.now_ns = now_ns
        self.engine = EngineLink(home, now_ns)
        self.home = home
        self.replies = KeptReplies(now_ns)
        access = AccessLog(home / NAME) if options.keeps_access_log else None
        self.cache = LayeredCache(far_cache)
        self.metrics = HttpMetrics(self.replies, self.pressure, self.cache, access)
        self.is_draining = False
        """True in a worker that is being replaced: clients are asked to connect again."""
        self.runner = JobRunner(
            jobs, home, slots=options.job_slots, kind_slots=options.job_kind_slots
        )
        self.factor = SecondFactor(list(options.encryption_keys))
        tokens = AccessTokens(options.token_secrets)
        self.authentication = Authentication(identities, tokens, security, now_ns)
        self.logins = Logins(identities, tokens, self.factor, security, now_ns)

    def limit(self, name: str, *, per_minute: int, burst: int) -> RateLimit:
        """A rate limit that is counted over all workers."""
        return RateLimit(
            name, self._counters, spare=self._spare_counters, per_minute=per_minute, burst=burst
        )
