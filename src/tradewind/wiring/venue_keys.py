"""Where the keys of a venue come from: settings, API_KEYS, or the encrypted file of `connect`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.model.errors import UserError
from tradewind.wiring import catalog
from tradewind.wiring.kept_secrets import secrets_of
from tradewind.wiring.settings import Settings
from tradewind.wiring.venue_entry import Keyed, KeyPair

if TYPE_CHECKING:
    from tradewind.adapters.local.key_store import KeyStore


def find_keys(settings: Settings, entry: Keyed) -> tuple[KeyPair, str] | None:
    """The keys of a venue and where they are from; None where there are none.

    Settings come before API_KEYS, both before what `tradewind connect` saved.
    """
    key = settings[entry.key]
    if entry.secret is None:
        return (KeyPair(key, ""), settings.where(entry.key)) if key else _saved(settings, entry)
    secret = settings[entry.secret]
    if bool(key) != bool(secret):
        missing = entry.secret if key else entry.key
        raise UserError(f"{missing.variables[0]} is missing: a key has two parts, set both")
    if key:
        more = (settings[setting] for setting in entry.more)
        return KeyPair(key, secret, *more), settings.where(entry.key)
    listed = _listed(settings[catalog.API_KEYS], entry.name)
    if listed is not None:
        return listed, settings.where(catalog.API_KEYS)
    return _saved(settings, entry)


def needed_keys(settings: Settings, entry: Keyed) -> tuple[KeyPair, str]:
    """The keys of a venue, or one sentence on why there must be some and how to give them."""
    found = find_keys(settings, entry)
    if found is None:
        is_for_data = entry.data_needs_key and settings[catalog.TRADING_MODE] != "live"
        why = f"{entry.title} gives market data to a key only, and" if is_for_data else ""
        raise UserError(f"{why} there are no keys for {entry.name}: {how_to_give(entry)}".lstrip())
    return found


def how_to_give(entry: Keyed) -> str:
    """What to do about keys that are not there, as the rest of a sentence."""
    if entry.secret is None:
        return f"run tradewind connect {entry.name}, or set {entry.key.variables[0]}"
    both = f"{entry.key.variables[0]} and {entry.secret.variables[0]}"
    return f"run tradewind connect {entry.name}, or set {both}"


def save_keys(settings: Settings, entry: Keyed, keys: KeyPair) -> Path:
    """Write keys encrypted into the home; returns the file."""
    values = {name: value for name, value in keys._asdict().items() if value}
    return _store(settings).save(entry.name, values)


def _saved(settings: Settings, entry: Keyed) -> tuple[KeyPair, str] | None:
    # Here and not above: only who stored keys needs the library that opens them.
    from tradewind.adapters.local.key_store import has_keys

    if not has_keys(settings[catalog.HOME], entry.name):
        return None
    values = _store(settings).load(entry.name) or {}
    return _pair(values), "tradewind connect"


def _store(settings: Settings) -> KeyStore:
    from tradewind.adapters.local.key_store import KeyStore

    home = settings[catalog.HOME]
    pair = (catalog.ENCRYPTION_KEY, catalog.ENCRYPTION_KEY_PREVIOUS)
    return KeyStore(home, secrets_of(settings, *pair, home))


def _listed(text: str, name: str) -> KeyPair | None:
    """The entry of API_KEYS: {"binance": {"key": "...", "secret": "..."}}."""
    if not text:
        return None
    try:
        venues = json.loads(text)
        entry = venues.get(name)
        if entry is None:
            return None
        return _pair({"key": entry["key"], "secret": entry["secret"], **entry})
    except (ValueError, AttributeError, KeyError, TypeError):
        raise UserError(
            'API_KEYS is not what it must be: write it like {"binance": {"key": "...", '
            '"secret": "..."}}'
        ) from None


def _pair(values: Mapping[str, object]) -> KeyPair:
    return KeyPair(*(str(values.get(name, "")) for name in KeyPair._fields))
