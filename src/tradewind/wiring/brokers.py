"""Where jobs are kept, and the broker that carries their tickets: RabbitMQ, or the database."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import Engine

from tradewind.adapters.sql.broker import SqlBroker
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.adapters.sql.outbox import SqlOutbox
from tradewind.adapters.sql.schedules import SqlSchedules
from tradewind.gateway.job_commands import KINDS
from tradewind.gateway.job_runner import JobStore
from tradewind.model.errors import UserError
from tradewind.ports.broker import Broker
from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings


def open_broker(settings: Settings, database: Engine, name: str = "tradewind") -> Broker:
    """RabbitMQ, under a name that its management pages show, where it is set; else the database."""
    url = settings[catalog.RABBITMQ_URL]
    if not url:
        return SqlBroker(database)
    try:
        module = import_module("tradewind.adapters.rabbitmq.broker")
    except ModuleNotFoundError:
        raise UserError("RABBITMQ_URL is set: install tradewind[rabbitmq] for it") from None
    broker: Broker = module.RabbitBroker(url, name=name)
    return broker


def job_store(settings: Settings, database: Engine) -> JobStore:
    """The jobs of a database, with the broker that the settings name."""
    return JobStore(
        SqlJobs(database),
        SqlSchedules(database),
        SqlOutbox(database),
        open_broker(settings, database, "tradewind jobs"),
    )


def kind_slots(settings: Settings) -> dict[str, int]:
    """How many jobs of a kind run at once; `UserError` where the setting names none."""
    found: dict[str, int] = {}
    for word in settings[catalog.JOB_KIND_SLOTS]:
        kind, _, count = word.partition("=")
        if kind not in KINDS:
            raise UserError(f"jobs.kind_slots: {kind!r} is no kind of job: {', '.join(KINDS)}")
        found[kind] = int(count)
    return found
