"""`tradewind verify`: reads what is stored and says whether it is what was written."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.output import print_answer
from tradewind.model.errors import UserError
from tradewind.ports.journal import JournalReader
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.redecide import Redecided, redecide
from tradewind.runtime.segments import FileSegments
from tradewind.runtime.verification import VerifiedState, verify_journal
from tradewind.wiring.fresh_strategies import fresh_strategy
from tradewind.wiring.journals import JournalPlace, journal_place
from tradewind.wiring.settings import read_settings

EXAMPLE = "tradewind verify --journal"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `verify`."""
    parser.add_argument(
        "--journal",
        action="store_true",
        help="read every record and market row, and fold them twice to the same state",
    )
    parser.add_argument(
        "--decisions",
        action="store_true",
        help="give the journaled events to fresh strategies: they must want what they wanted",
    )
    add_engine_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check what was asked for; 0 when all is whole. What is not raises and ends in 1."""
    if not (arguments.journal or arguments.decisions):
        raise UserError("say what to verify: --journal, --decisions, or both")
    answer: dict[str, Any] = {"ok": True}
    settings, _ = read_settings({"home": str(home_of(arguments))})
    with _opened(journal_place(settings)) as (journal, recorder):
        if arguments.journal:
            answer |= journal_answer(verify_journal(journal, recorder))
        if arguments.decisions:
            answer |= decisions_answer(redecide(journal, recorder, fresh_strategy))
    print_answer(answer, arguments)
    return 0


@contextmanager
def _opened(place: JournalPlace) -> Iterator[tuple[JournalReader, Recorder]]:
    """The journal and market rows of a home, to be read."""
    with closing(place.read()) as journal:
        recorder = Recorder(FileSegments(place.home / "market"))
        with closing(recorder):
            yield journal, recorder


def journal_answer(found: VerifiedState) -> dict[str, Any]:
    """What `--journal` prints."""
    return {
        "journal_id": found.verified.journal_id,
        "groups": found.verified.groups,
        "first": found.verified.first,
        "last": found.verified.last,
        "snapshot": found.snapshot,
        "folded_from": found.folded_from,
        "state_hash": found.state_hash,
    }


def decisions_answer(found: Redecided) -> dict[str, Any]:
    """What `--decisions` prints."""
    return {
        "runs": found.runs,
        "runs_decided_again": found.runs_again,
        "decided_until": found.last,
        "records_compared": found.records,
        "intents_compared": found.intents,
        "strategies": ", ".join(found.strategies) or "none",
        "changed_code": ", ".join(found.changed_code) or "none",
    }
