"""`tradewind users`: the users of the gateway, the first administrator, lifting a lock-out."""

from __future__ import annotations

import argparse
import getpass
import hashlib
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.cli.output import add_json_option, note, print_answer
from tradewind.gateway.passwords import check_password, hash_password
from tradewind.gateway.permissions import ALL_ACCOUNTS
from tradewind.model.errors import UserError
from tradewind.ports.audit import NewEntry
from tradewind.ports.identity import Identities, User
from tradewind.wiring.gateway_app import invitation, security_database, security_store
from tradewind.wiring.settings import load_settings

EXAMPLE = "tradewind users list"
PASSWORD_VARIABLE = "TRADEWIND_NEW_PASSWORD"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `users`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="all users, without their secrets")
    inviting = actions.add_parser("invite", help="print a token for the first administrator")
    setting_up = actions.add_parser("setup", help="make the first administrator")
    setting_up.add_argument("--token", required=True, help="what `invite` or the start printed")
    setting_up.add_argument("--name", default="admin", help="default: admin")
    unlocking = actions.add_parser("unlock", help="forget the failed logins of a name")
    unlocking.add_argument("name")
    table = ((listing, list_all), (inviting, invite), (setting_up, set_up), (unlocking, unlock))
    for action, answer in table:
        action.set_defaults(action=answer)
        add_json_option(action)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    arguments.action(arguments)
    return 0


def list_all(arguments: argparse.Namespace) -> None:
    """Print all users."""
    with _identities() as identities:
        found = identities.users()
    rows = {
        user.name: f"{user.role}  accounts {','.join(user.accounts)}"
        + ("  disabled" if user.is_disabled else "")
        + ("  second factor" if user.totp_since_ns else "")
        for user in found
    }
    if not rows:
        note("no users: `tradewind users invite` begins with the first administrator")
    print_answer(rows, arguments)


def invite(arguments: argparse.Namespace) -> None:
    """Print a token for the first administrator."""
    token = invitation(load_settings())
    if not token:
        raise UserError("there are users already: an administrator adds others")
    print_answer({"token": token, "good_for": "a day, once"}, arguments)


def set_up(arguments: argparse.Namespace) -> None:
    """Make the first administrator, with a password that is asked for twice."""
    password = check_password(_new_password(), arguments.name)
    with _identities() as identities:
        token_hash = hashlib.sha256(arguments.token.encode()).digest()
        if not identities.take_invitation(token_hash, time.time_ns()):
            raise UserError("the token is not valid, used or over: `tradewind users invite`")
        identities.add_user(
            User(
                secrets.token_hex(8),
                arguments.name,
                "admin",
                (ALL_ACCOUNTS,),
                hash_password(password),
                time.time_ns(),
            )
        )
    _note("first administrator", arguments.name)
    print_answer({"name": arguments.name, "role": "admin"}, arguments)


def unlock(arguments: argparse.Namespace) -> None:
    """Let a name log in again at once."""
    settings = load_settings()
    with security_database(settings) as database:
        security_store(settings, database).forgive(f"name {arguments.name}")
    _note("unlocked", arguments.name)
    print_answer({"unlocked": arguments.name}, arguments)


@contextmanager
def _identities() -> Iterator[Identities]:
    with security_database(load_settings()) as database:
        yield SqlIdentities(database)


def _note(action: str, target: str) -> None:
    """Write down what was done at this computer."""
    with security_database(load_settings()) as database:
        SqlAudit(database).append_all(
            [
                NewEntry(
                    time_ns=time.time_ns(),
                    actor=f"{getpass.getuser()} (command line)",
                    action=action,
                    target=target,
                    outcome="ok",
                    address="",
                    detail="{}",
                )
            ]
        )


def _new_password() -> str:
    """The password from the environment, or typed twice."""
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise UserError(f"no terminal to ask for a password: set {PASSWORD_VARIABLE}")
    typed = getpass.getpass("New password: ")
    if typed != getpass.getpass("Again: "):
        raise UserError("the two passwords differ: start again")
    return typed
