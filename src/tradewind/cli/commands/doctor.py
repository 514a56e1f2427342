"""`tradewind doctor`: looks over this installation and says what is missing."""

from __future__ import annotations

import argparse

from tradewind.cli.engine import add_engine_options
from tradewind.cli.main import EXIT_FAILED, EXIT_OK
from tradewind.cli.output import print_answer
from tradewind.model.errors import TradewindError
from tradewind.ops.databases import Service, database_findings, replica_findings
from tradewind.ops.doctor import Finding, examine
from tradewind.ops.rabbitmq import rabbitmq_findings
from tradewind.ops.redis import redis_findings
from tradewind.version import VERSION
from tradewind.wiring import catalog
from tradewind.wiring.database_place import connections_of_worker
from tradewind.wiring.histories import reason
from tradewind.wiring.journals import journal_place
from tradewind.wiring.settings import Settings, read_settings

ENGINE_CONNECTIONS = 4
"""Of a run: the journal written and read, records written, notifications."""
EXAMPLE = "tradewind doctor --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `doctor`."""
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; 0 when all is well, 1 when something is to be mended."""
    settings, faults = read_settings({"home": arguments.home} if arguments.home else {})
    place = journal_place(settings)
    findings = examine(
        settings[catalog.HOME],
        settings[catalog.PORT],
        faults,
        place.read if place.is_there else None,
    )
    findings.append(history_finding(settings))
    findings += database_findings(services_of(settings))
    findings += replica_findings(place.url, place.replica_url, place.lag_max_s)
    findings += redis_findings(settings[catalog.REDIS_URL], settings[catalog.REDIS_PASSWORD])
    findings += rabbitmq_findings(settings[catalog.RABBITMQ_URL])
    if arguments.json:
        found = [finding._asdict() for finding in findings]
        print_answer({"tradewind": VERSION, "findings": found}, arguments)
    else:
        for finding in findings:
            print(f"{finding.state:<7}  {finding.name:<11}  {finding.sentence}")
    return EXIT_FAILED if any(finding.state == "fault" for finding in findings) else EXIT_OK


def history_finding(settings: Settings) -> Finding:
    """Where the history is and why, as its store answers."""
    try:
        return Finding("history", "ok", reason(settings))
    except TradewindError as error:
        return Finding("history", "fault", str(error))


def services_of(settings: Settings) -> list[Service]:
    """Who asks which database over how many connections."""
    workers, each = settings[catalog.WORKERS], connections_of_worker(settings)
    database, journal = settings[catalog.DATABASE_URL], settings[catalog.JOURNAL_URL]
    return [
        Service("gateway", database, workers, each),
        Service("gateway's rows", journal, workers, each),
        Service("engine", journal, 1, ENGINE_CONNECTIONS),
    ]
