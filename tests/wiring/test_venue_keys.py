"""Keys of venues out of settings and API_KEYS: their order, their parts, what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tradewind.model.errors import UserError
from tradewind.wiring import binance, ccxt
from tradewind.wiring.settings import load_settings
from tradewind.wiring.venue_entry import KeyPair
from tradewind.wiring.venue_keys import find_keys, save_keys


def test_api_keys_name_all_parts_and_settings_come_first(tmp_path: Path) -> None:
    listed = {"ccxt:okx": {"key": "k", "secret": "s", "password": "p"}}
    given = {"home": str(tmp_path), "venues.api_keys": json.dumps(listed)}
    entry = ccxt.entry_of("okx")
    found = find_keys(load_settings(given), entry)
    assert found is not None
    assert tuple(found[0]) == ("k", "s", "p", "")
    given |= {"ccxt.api_key": "k2", "ccxt.secret": "s2", "ccxt.uid": "u2"}
    found = find_keys(load_settings(given), entry)
    assert found is not None
    assert tuple(found[0]) == ("k2", "s2", "", "u2")


def test_what_was_saved_is_found_with_all_its_parts(tmp_path: Path) -> None:
    settings = load_settings({"home": str(tmp_path)})
    entry = ccxt.entry_of("okx")
    save_keys(settings, entry, KeyPair("k", "s", "p", "u"))
    found = find_keys(settings, entry)
    assert found is not None
    assert (tuple(found[0]), found[1]) == (("k", "s", "p", "u"), "tradewind connect")


@pytest.mark.parametrize("text", ["{", '{"binance": {"secret": "s"}}', '{"binance": 5}', "[]"])
def test_api_keys_that_are_none_are_refused_with_their_form(tmp_path: Path, text: str) -> None:
    settings = load_settings({"home": str(tmp_path), "venues.api_keys": text})
    with pytest.raises(UserError, match="API_KEYS is not what it must be"):
        find_keys(settings, binance.ENTRY)
