"""`tradewind keys`: who may connect to the bus, by public key."""

from __future__ import annotations

import argparse

from tradewind.cli.engine import add_engine_options, home_of
from tradewind.cli.main import EXIT_OK
from tradewind.cli.output import print_answer
from tradewind.wiring.bus import bus_keys

EXAMPLE = "tradewind keys make"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `make`, `show`, `allow` and `revoke`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    making = actions.add_parser("make", help="make this installation's own pair of keys")
    showing = actions.add_parser("show", help="our public key, and those that may connect to us")
    allowing = actions.add_parser("allow", help="let a key connect")
    allowing.add_argument("name", metavar="NAME", help="who it belongs to, like trader-2")
    allowing.add_argument("key", metavar="KEY", help="40 characters, from `keys show` over there")
    revoking = actions.add_parser("revoke", help="let a key in no more, and drop its connection")
    revoking.add_argument("name", metavar="NAME", help="as it was allowed")
    for action, answer in (
        (making, make), (showing, show), (allowing, allow), (revoking, revoke)
    ):  # fmt: skip
        action.set_defaults(action=answer)
        add_engine_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    return int(arguments.action(arguments))


def make(arguments: argparse.Namespace) -> int:
    """Make a pair; only the public half is ever printed."""
    print_answer({"public": bus_keys(home_of(arguments)).make().public}, arguments)
    return EXIT_OK


def show(arguments: argparse.Namespace) -> int:
    """Print our public key and the allow-list."""
    keys = bus_keys(home_of(arguments))
    allowed = dict(sorted(keys.allowed().items()))
    lines = {f"allowed {name}": key for name, key in allowed.items()}
    print_answer(
        {"public": keys.pair().public, **({"allowed": allowed} if arguments.json else lines)},
        arguments,
    )
    return EXIT_OK


def allow(arguments: argparse.Namespace) -> int:
    """Add a key to the list."""
    bus_keys(home_of(arguments)).allow(arguments.name, arguments.key)
    print_answer({"allowed": arguments.name}, arguments)
    return EXIT_OK


def revoke(arguments: argparse.Namespace) -> int:
    """Take a key off the list."""
    bus_keys(home_of(arguments)).revoke(arguments.name)
    print_answer({"revoked": arguments.name}, arguments)
    return EXIT_OK
