"""Changing secrets: nobody is logged out, and what was sealed opens with the new key alone."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pyotp
import pytest

from tradewind.adapters.local.key_store import KeyStore
from tradewind.adapters.sql.audit import SqlAudit
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.cli.main import main
from tradewind.gateway.second_factor import STEP_S, SecondFactor
from tradewind.gateway.tokens import AccessTokens
from tradewind.model.errors import UserError
from tradewind.ports.identity import User
from tradewind.wiring.gateway_app import security_database
from tradewind.wiring.kept_secrets import kept_secret, secrets_of
from tradewind.wiring.rotation import PAIRS, rotate, seal_again
from tradewind.wiring.settings import Settings, load_settings

SECRET = "d8a1f6c2e94b70735f1e2a6b8c9d0e1f"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(environment={"TRADEWIND_HOME": str(tmp_path)}, folder=tmp_path)


def test_a_token_of_the_old_secret_stays_good_and_new_ones_have_the_new_secret(
    settings: Settings, tmp_path: Path
) -> None:
    old = AccessTokens(secrets_of(settings, *PAIRS["signing"], tmp_path))
    token = old.issue("u1", "s1", time_ns=0)
    rotate(settings, "signing", "ann")
    present, before = secrets_of(settings, *PAIRS["signing"], tmp_path)
    new = AccessTokens((present, before))
    assert new.read(token, time_ns=0) is not None
    assert AccessTokens((present,)).read(token, time_ns=0) is None
    assert old.read(new.issue("u1", "s1", time_ns=0), time_ns=0) is None
    rotate(settings, "signing", "ann")
    after = AccessTokens(secrets_of(settings, *PAIRS["signing"], tmp_path))
    assert after.read(token, time_ns=0) is None
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("jwt_secret*")} == {0o600}


def test_what_was_sealed_opens_with_the_new_key_alone(settings: Settings, tmp_path: Path) -> None:
    keys = secrets_of(settings, *PAIRS["encryption"], tmp_path)
    KeyStore(tmp_path, keys).save("binance", {"key": "k", "secret": "s"})
    sealed, secret = SecondFactor(list(keys)).make("u1")
    with security_database(settings) as database:
        user = User("u1", "ann", "admin", ("*",), "", 5, totp=sealed, totp_since_ns=5)
        SqlIdentities(database).add_user(user)
    rotate(settings, "encryption", "ann")
    assert seal_again(settings, "ann") == {"venues": 1, "second_factors": 1}
    alone = [kept_secret(tmp_path / "encryption_key")]
    assert KeyStore(tmp_path, alone).load("binance") == {"key": "k", "secret": "s"}
    with security_database(settings) as database:
        found = SqlIdentities(database).user("u1")
        actions = [entry.action for entry in SqlAudit(database).entries()]
    assert found is not None
    now_s = int(time.time())
    code = pyotp.TOTP(secret).at(now_s)
    factor = SecondFactor(alone)
    assert factor.step_of("u1", found.totp, code, time_s=now_s, after=0) >= now_s // STEP_S - 1
    assert actions == ["rotated the encryption secret", "sealed everything again"]


def test_what_no_key_opens_stops_the_sealing(settings: Settings) -> None:
    sealed, _ = SecondFactor([b"lost" * 8]).make("u1")
    with security_database(settings) as database:
        SqlIdentities(database).add_user(
            msgspec.structs.replace(User("u1", "ann", "admin", ("*",), "", 5), totp=sealed)
        )
    with pytest.raises(UserError, match="second factor of ann cannot be opened"):
        seal_again(settings, "ann")


def test_a_secret_that_the_settings_give_is_not_ours_to_change(tmp_path: Path) -> None:
    environment = {"TRADEWIND_HOME": str(tmp_path), "JWT_SECRET": SECRET}
    given = load_settings(environment=environment, folder=tmp_path)
    with pytest.raises(UserError, match="old one into JWT_SECRET_PREVIOUS") as caught:
        rotate(given, "signing", "ann")
    assert SECRET not in str(caught.value)


def test_the_command_says_what_to_do_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    assert main(["secrets", "rotate", "encryption"]) == 0
    assert "seal-again" in capsys.readouterr().out
    assert main(["secrets", "seal-again", "--json"]) == 0
    assert '"venues": 0' in capsys.readouterr().out
