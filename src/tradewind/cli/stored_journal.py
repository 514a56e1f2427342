"""Commands that read a home's journal, beside a running engine or without one."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from tradewind.analysis.ledger import Ledger
from tradewind.analysis.tca import Tca
from tradewind.model.errors import UserError
from tradewind.model.messages import OrderDenied
from tradewind.ports.journal import JournalReader, numbered
from tradewind.runtime.order_stories import costs_of_journal
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.run_ledger import ledger_of_journal
from tradewind.runtime.segments import FileSegments
from tradewind.wiring.journals import journal_place
from tradewind.wiring.settings import read_settings


def add_until(parser: argparse.ArgumentParser) -> None:
    """Give a command the option `--until`."""
    parser.add_argument(
        "--until",
        type=int,
        default=0,
        metavar="SEQUENCE",
        help="what was so at this sequence of the journal; default: now",
    )


def stored_ledger(home: Path, until: int) -> Ledger:
    """The ledger of a home up to a sequence; `UserError` where there is no journal."""
    with closing(_journal(home, until)) as journal:
        return ledger_of_journal(journal, until)


def stored_costs(home: Path, until: int, first_ns: int, last_ns: int) -> Tca:
    """The transaction costs of orders decided from a time on and before another."""
    with (
        closing(_journal(home, until)) as journal,
        closing(Recorder(FileSegments(home / "market"))) as recorder,
    ):
        return costs_of_journal(journal, recorder, until=until, first_ns=first_ns, last_ns=last_ns)


def stored_denial(home: Path, order_id: str, sequence: int) -> str:
    """What risk said to an order it denied, whose intent stands at a sequence."""
    with closing(_journal(home, 0)) as journal:
        for group in journal.groups(sequence - 1):
            for _, record in numbered(group):
                if isinstance(record, OrderDenied) and record.order_id == order_id:
                    return f"{record.rule} saw {record.value} and allows {record.limit}"
    return "the journal does not tell why"


def _journal(home: Path, until: int) -> JournalReader:
    if until < 0:
        raise UserError(f"--until {until} is no sequence: use a number from 1")
    settings, _ = read_settings({"home": str(home)})
    place = journal_place(settings)
    if not place.is_there:
        raise UserError(f"{home} has no journal yet: start with `tradewind run`, or name --home")
    journal = place.read()
    last = journal.last_sequence
    if until > last:
        journal.close()
        raise UserError(f"--until {until} is not reached yet: the journal ends at {last}")
    return journal
