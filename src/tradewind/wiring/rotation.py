"""Changing this installation's secrets: nobody is logged out, nothing that is sealed is lost."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from tradewind.adapters.local.key_store import KeyStore, saved_venues
from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.gateway.second_factor import SecondFactor
from tradewind.model.errors import UserError
from tradewind.ports.audit import NewEntry
from tradewind.wiring import catalog
from tradewind.wiring.gateway_app import security_database
from tradewind.wiring.kept_secrets import file_name, renew_kept_secret, secrets_of
from tradewind.wiring.setting import Setting
from tradewind.wiring.settings import Settings

PAIRS: dict[str, tuple[Setting[str], Setting[str]]] = {
    "signing": (catalog.JWT_SECRET, catalog.JWT_SECRET_PREVIOUS),
    "encryption": (catalog.ENCRYPTION_KEY, catalog.ENCRYPTION_KEY_PREVIOUS),
}


def rotate(settings: Settings, which: str, actor: str) -> Path:
    """Replace the kept secret; the old one stays good as the previous one. Returns the new's file.

    Raises `UserError` where the settings give it: then whoever keeps it there has to change it.
    """
    setting, previous = PAIRS[which]
    if settings[setting]:
        name, before = setting.variables[0], previous.variables[0]
        raise UserError(
            f"{setting.name} comes from {settings.where(setting)}: put a new secret there and the "
            f"old one into {before}; {name} is not ours to write"
        )
    path = renew_kept_secret(settings[catalog.HOME] / file_name(setting))
    _note(settings, actor, f"rotated the {which} secret")
    return path


def seal_again(settings: Settings, actor: str) -> dict[str, int]:
    """Seal venue keys and second factors under the present encryption key; returns how many.

    Afterwards the previous key is needed no more.
    """
    home = settings[catalog.HOME]
    keys = secrets_of(settings, *PAIRS["encryption"], home)
    store = KeyStore(home, keys)
    venues = saved_venues(home)
    for venue in venues:
        store.save(venue, store.load(venue) or {})
    factors = _seal_factors(settings, SecondFactor(list(keys)))
    _note(settings, actor, "sealed everything again")
    return {"venues": len(venues), "second_factors": factors}


def _seal_factors(settings: Settings, factor: SecondFactor) -> int:
    count = 0
    with security_database(settings) as database:
        identities = SqlIdentities(database)
        for user in identities.users():
            if not user.totp:
                continue
            sealed = factor.seal_again(user.user_id, user.totp)
            if sealed is None:
                raise UserError(
                    f"the second factor of {user.name} cannot be opened: set "
                    "API_ENCRYPTION_KEY_PREVIOUS to the key it was made with"
                )
            identities.put_user(msgspec.structs.replace(user, totp=sealed))
            count += 1
    return count


def _note(settings: Settings, actor: str, action: str) -> None:
    with security_database(settings) as database:
        SqlAudit(database).append_all(
            [
                NewEntry(
                    time_ns=time.time_ns(),
                    actor=actor,
                    action=action,
                    target="",
                    outcome="ok",
                    address="",
                    detail="{}",
                )
            ]
        )
