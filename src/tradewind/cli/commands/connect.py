"""`tradewind connect`: checks the keys of a venue and stores them encrypted."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys

from tradewind.adapters.net.secret import Secret
from tradewind.cli.engine import home_of
from tradewind.cli.output import add_json_option, print_answer
from tradewind.model.errors import UserError
from tradewind.ports.trading import Permissions, Refused
from tradewind.runtime.clock import SystemClock
from tradewind.wiring import catalog
from tradewind.wiring.data_keys import DATA_VENUES, DataEntry, check_key
from tradewind.wiring.process_guard import forbid_core_dumps
from tradewind.wiring.settings import Settings, load_settings
from tradewind.wiring.trading_venues import VENUES, venue_entry
from tradewind.wiring.venue_entry import Keyed, KeyPair, VenueEntry
from tradewind.wiring.venue_keys import find_keys, how_to_give, save_keys

EXAMPLE = "tradewind connect binance"
SECRET_LINES_MAX = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `connect`."""
    known = ", ".join(sorted({*VENUES, *DATA_VENUES}))
    parser.add_argument("venue", metavar="VENUE", help=f"one of {known}")
    parser.add_argument("--home", metavar="FOLDER", help="default: TRADEWIND_HOME")
    parser.add_argument(
        "--check", action="store_true", help="only ask what the keys at hand may do, store nothing"
    )
    add_json_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask the venue what the keys may do, refuse what is dangerous, store them; 0."""
    forbid_core_dumps()
    settings = load_settings({catalog.HOME.name: str(home_of(arguments))})
    data_entry = DATA_VENUES.get(arguments.venue)
    if data_entry is not None:
        answer = _connect_data(settings, data_entry, arguments)
    else:
        answer = _connect_trading(settings, venue_entry(arguments.venue), arguments)
    if arguments.json:
        print_answer(answer, arguments)
    else:
        print("\n".join(f"{name:<13} {value}" for name, value in answer.items()))
    return 0


def _connect_trading(
    settings: Settings, entry: VenueEntry, arguments: argparse.Namespace
) -> dict[str, object]:
    if entry.live_refusal:
        raise UserError(entry.live_refusal)
    keys = _keys(settings, entry, arguments)
    found = asyncio.run(_permissions(settings, entry, keys))
    refuse_dangerous(entry, found)
    return {
        "venue": entry.venue,
        "place": entry.place(settings).host,
        "account": found.account,
        "can_trade": found.can_trade,
        "can_withdraw": found.can_withdraw,
        "stored": _stored(settings, entry, keys, arguments),
    }


def _connect_data(
    settings: Settings, entry: DataEntry, arguments: argparse.Namespace
) -> dict[str, object]:
    """A venue that takes no orders: the key is good for data, or refused."""
    keys = _keys(settings, entry, arguments)
    try:
        asyncio.run(check_key(entry, Secret(keys.key), settings, settings[catalog.HOME]))
    except Refused as error:
        raise UserError(f"{entry.title} refuses this key: {error}; nothing was stored") from None
    return {
        "venue": entry.venue,
        "place": settings[entry.address],
        "stored": _stored(settings, entry, keys, arguments),
    }


def _stored(settings: Settings, entry: Keyed, keys: KeyPair, arguments: argparse.Namespace) -> str:
    return "" if arguments.check else str(save_keys(settings, entry, keys))


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


def _keys(settings: Settings, entry: Keyed, arguments: argparse.Namespace) -> KeyPair:
    """The keys at hand, else what is typed: unseen on a terminal, two parts on standard input."""
    known = find_keys(settings, entry) if arguments.check or settings[entry.key] else None
    if known is not None:
        return known[0]
    names = [f"{entry.name} API key", f"{entry.name} secret"][: 1 if entry.secret is None else 2]
    parts = [part.strip() for part in _typed(names)]
    if not all(parts):
        raise UserError(
            "give the key and the secret: type them, pipe them as two lines, or "
            f"{how_to_give(entry)}"
            if len(names) > 1
            else f"give the key: type it, pipe it as a line, or {how_to_give(entry)}"
        )
    return KeyPair(parts[0], "".join(parts[1:]))


def _typed(names: list[str]) -> list[str]:
    """What is typed unseen for each name; piped, the last takes all lines that are left."""
    if sys.stdin.isatty():
        return [getpass.getpass(f"{name}: ") for name in names]
    first = [sys.stdin.readline() for _ in names[1:]]
    rest = "".join(line for line, _ in zip(sys.stdin, range(SECRET_LINES_MAX), strict=False))
    return [*first, rest]


async def _permissions(settings: Settings, entry: VenueEntry, keys: KeyPair) -> Permissions:
    trading = entry.trading(
        [], place=entry.place(settings), keys=keys, clock=SystemClock(), id_prefix=""
    )
    await trading.start(lambda report: None)
    try:
        return await trading.permissions()
    finally:
        await trading.close()
