"""`tradewind queue`: messages that wait for a worker, and those that nobody could handle."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tradewind.cli.main import EXIT_OK
from tradewind.cli.output import add_json_option, print_answer
from tradewind.model.errors import UserError
from tradewind.ports.broker import QUEUES, Broker, DeadLetter
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind queue redrive tradewind.jobs.normal --all"
SHOWN_MAX = 1_000
BODY_SHOWN_MAX = 200

Answer = TypeVar("Answer")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `show`, `redrive` and `drop`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="how many messages wait, and how many are dead")
    showing = actions.add_parser("show", help="the dead letters of a queue, oldest first")
    showing.add_argument("--limit", type=int, default=50, help="default: 50, at most 1000")
    redriving = actions.add_parser("redrive", help="put dead letters back into their queue")
    dropping = actions.add_parser("drop", help="throw dead letters away")
    for action in (redriving, dropping):
        which = action.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", action="append", default=[], help="of a letter; more than once")
        which.add_argument("--all", action="store_true", help="every dead letter of the queue")
    for action, answer in (
        (listing, list_queues),
        (showing, show),
        (redriving, redrive),
        (dropping, drop),
    ):
        action.set_defaults(action=answer)
        add_json_option(action)
        if action is not listing:
            names = [queue.name for queue in QUEUES]
            action.add_argument("queue", choices=names, help="one of " + ", ".join(names))


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    return int(arguments.action(arguments))


def list_queues(arguments: argparse.Namespace) -> int:
    """Print every queue with its counts."""
    states = asked(lambda broker: broker.states())
    if arguments.json:
        counts = {one.queue: {"waiting": one.waiting, "dead": one.dead} for one in states}
        print_answer(counts, arguments)
    else:
        lines = {one.queue: f"{one.waiting} waiting, {one.dead} dead" for one in states}
        print_answer(lines, arguments)
    return EXIT_OK


def show(arguments: argparse.Namespace) -> int:
    """Print dead letters: id, why it died, how often it was tried, what it says."""
    if not 1 <= arguments.limit <= SHOWN_MAX:
        raise UserError(f"--limit: {arguments.limit} is not from 1 to {SHOWN_MAX}")
    letters = asked(lambda broker: broker.dead(arguments.queue, limit=arguments.limit))
    if arguments.json:
        print_answer({one.message.message_id: as_values(one) for one in letters}, arguments)
    else:
        rows = {
            one.message.message_id: f"{one.reason}  ({one.deliveries} deliveries)  {body_of(one)}"
            for one in letters
        }
        print_answer(rows, arguments)
    return EXIT_OK


def redrive(arguments: argparse.Namespace) -> int:
    """Put dead letters back, and say how many."""
    count = asked(lambda broker: broker.redrive(arguments.queue, arguments.id))
    print_answer({"redriven": count}, arguments)
    return EXIT_OK


def drop(arguments: argparse.Namespace) -> int:
    """Throw dead letters away, and say how many."""
    count = asked(lambda broker: broker.drop(arguments.queue, arguments.id))
    print_answer({"dropped": count}, arguments)
    return EXIT_OK


def asked(question: Callable[[Broker], Awaitable[Answer]]) -> Answer:
    """What the broker of the settings answers."""

    async def ask() -> Answer:
        settings = load_settings()
        # Here and not above: the libraries of databases come with extras.
        from tradewind.wiring.brokers import open_broker
        from tradewind.wiring.gateway_app import security_database

        with security_database(settings) as database:
            broker = open_broker(settings, database, "tradewind queue")
            try:
                return await question(broker)
            finally:
                await broker.close()

    return asyncio.run(ask())


def body_of(letter: DeadLetter) -> str:
    """The begin of what a letter says, as one line.

    >>> from tradewind.ports.broker import Message
    >>> body_of(DeadLetter(message=Message(message_id="m", queue="q", body=b"a b"), reason="",
    ...                    deliveries=1))
    'a b'
    """
    text = letter.message.body[:BODY_SHOWN_MAX].decode(errors="replace")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def as_values(letter: DeadLetter) -> dict[str, str | int]:
    """A letter as JSON has it."""
    return {"reason": letter.reason, "deliveries": letter.deliveries, "body": body_of(letter)}
