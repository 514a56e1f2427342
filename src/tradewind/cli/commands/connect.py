"""`tradewind connect`: checks the keys of a venue and stores them encrypted."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys

from tradewind.cli.engine import home_of
from tradewind.cli.output import add_json_option, print_answer
from tradewind.model.errors import UserError
from tradewind.ports.trading import Permissions
from tradewind.runtime.clock import SystemClock
from tradewind.wiring import catalog
from tradewind.wiring.process_guard import forbid_core_dumps
from tradewind.wiring.settings import Settings, load_settings
from tradewind.wiring.trading_venues import VENUES, venue_entry
from tradewind.wiring.venue_entry import KeyPair, VenueEntry
from tradewind.wiring.venue_keys import find_keys, how_to_give, save_keys

EXAMPLE = "tradewind connect binance"
SECRET_LINES_MAX = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `connect`."""
    parser.add_argument("venue", metavar="VENUE", help=f"one of {', '.join(VENUES)}")
    parser.add_argument("--home", metavar="FOLDER", help="default: TRADEWIND_HOME")
    parser.add_argument(
        "--check", action="store_true", help="only ask what the keys at hand may do, store nothing"
    )
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask the venue what the keys may do, refuse what is dangerous, store them; 0."""
    forbid_core_dumps()
    settings = load_settings({catalog.HOME.name: str(home_of(arguments))})
    entry = venue_entry(arguments.venue)
    if entry.live_refusal:
        raise UserError(entry.live_refusal)
    keys = _keys(settings, entry, arguments)
    found = asyncio.run(_permissions(settings, entry, keys))
    refuse_dangerous(entry, found)
    path = None if arguments.check else save_keys(settings, entry, keys)
    answer = {
        "venue": entry.venue,
        "place": entry.place(settings).host,
        "account": found.account,
        "can_trade": found.can_trade,
        "can_withdraw": found.can_withdraw,
        "stored": "" if path is None else str(path),
    }
    if arguments.json:
        print_answer(answer, arguments)
    else:
        print("\n".join(f"{name:<13} {value}" for name, value in answer.items()))
    return 0


def refuse_dangerous(entry: VenueEntry, found: Permissions) -> None:
    """`UserError` for keys that can do more than trade, or not even that."""
    if found.can_withdraw:
        raise UserError(
            f"these keys of {entry.venue} can withdraw money: make some that can only trade; "
            "nothing was stored"
        )
    if not found.can_trade:
        why = f" ({found.reason})" if found.reason else ""
        raise UserError(
            f"these keys of {entry.venue} cannot trade{why}: allow it at the venue; nothing was "
            "stored"
        )


def _keys(settings: Settings, entry: VenueEntry, arguments: argparse.Namespace) -> KeyPair:
    """The keys at hand, else what is typed: unseen on a terminal, two parts on standard input."""
    known = find_keys(settings, entry) if arguments.check or settings[entry.key] else None
    if known is not None:
        return known[0]
    if sys.stdin.isatty():
        key = getpass.getpass(f"{entry.venue} API key: ")
        secret = getpass.getpass(f"{entry.venue} secret: ")
    else:
        key = sys.stdin.readline()
        secret = "".join(line for _, line in zip(range(SECRET_LINES_MAX), sys.stdin, strict=False))
    if not key.strip() or not secret.strip():
        raise UserError(
            "give the key and the secret: type them, pipe them as two lines, or "
            f"{how_to_give(entry)}"
        )
    return KeyPair(key.strip(), secret.strip())


async def _permissions(settings: Settings, entry: VenueEntry, keys: KeyPair) -> Permissions:
    trading = entry.trading(
        [], place=entry.place(settings), keys=keys, clock=SystemClock(), id_prefix=""
    )
    await trading.start(lambda report: None)
    try:
        return await trading.permissions()
    finally:
        await trading.close()
