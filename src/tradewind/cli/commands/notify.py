"""`tradewind notify`: tries a channel of notifications, or tells what a running journal says."""

from __future__ import annotations

import argparse
import asyncio
import logging

from tradewind.cli.engine import add_engine_options
from tradewind.cli.main import EXIT_OK
from tradewind.cli.output import print_answer
from tradewind.model.errors import UserError
from tradewind.wiring.notifications import (
    channels_of,
    notify_as_child,
    notify_until_signal,
    try_channel,
)
from tradewind.wiring.notify_settings import CHANNELS
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind notify test telegram"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `test` and `run`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    testing = actions.add_parser("test", help="send a test message over one channel")
    testing.add_argument("channel", choices=CHANNELS)
    running = actions.add_parser("run", help="tell the channels; `tradewind run` does it by itself")
    running.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    for action in (testing, running):
        add_engine_options(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 1 where a channel could not be told."""
    settings = load_settings({"home": arguments.home} if arguments.home else {})
    if arguments.action == "test":
        asyncio.run(try_channel(settings, arguments.channel))
        print_answer({"told": arguments.channel}, arguments)
        return EXIT_OK
    if not channels_of(settings):
        raise UserError("no channel is set: see docs/operations/notifications.md")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level="INFO")
    asyncio.run(notify_as_child(settings) if arguments.child else notify_until_signal(settings))
    return EXIT_OK
