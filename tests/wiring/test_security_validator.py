"""Dangerous settings are all named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.wiring.settings import read_settings

GOOD = "d8a1f6c2e94b70735f1e2a6b8c9d0e1f"


def faults(tmp_path: Path, **environment: str) -> list[str]:
    return read_settings({}, environment=environment, folder=tmp_path)[1]


def test_production_without_secrets_and_with_debug_names_each_fault(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        ENVIRONMENT="production",
        LOG_LEVEL="debug",
        TRADEWIND_AUTHENTICATION="local",
        ALLOWED_ORIGINS="http://desk.example.com,https://desk.example.com",
    )
    assert [fault.partition(":")[0] for fault in found] == [
        "gateway.jwt_secret",
        "security.encryption_key",
        "log.level",
        "gateway.allowed_origins",
        "gateway.authentication",
    ]


def test_production_with_good_secrets_has_no_fault(tmp_path: Path) -> None:
    good = {"JWT_SECRET": GOOD, "API_ENCRYPTION_KEY": GOOD[::-1]}
    assert faults(tmp_path, ENVIRONMENT="production", **good) == []
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    "secret",
    [
        "change-this-secret-in-production-please",
        "CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE_ME",
        "your_jwt_secret_your_jwt_secret_your_jwt",
        "a" * 40,
        "admin123",
        "short-but-fine-else",
        GOOD[:31],
    ],
)
def test_a_placeholder_or_short_secret_is_refused_and_not_shown(
    tmp_path: Path, secret: str
) -> None:
    found = faults(tmp_path, JWT_SECRET=secret)
    assert len(found) == 1
    assert found[0].startswith("gateway.jwt_secret: ")
    assert "openssl rand" in found[0]
    assert secret not in found[0]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, 1),
        ({"DATABASE_URL": "sqlite:///x.db"}, 1),
        ({"REDIS_URL": "redis://127.0.0.1/0"}, 0),
        ({"DATABASE_URL": "postgresql+asyncpg://a@b/c"}, 0),
    ],
)
def test_several_workers_need_a_store_that_they_share(
    tmp_path: Path, given: dict[str, str], count: int
) -> None:
    found = faults(tmp_path, WORKERS="2", **given)
    assert len(found) == count
    assert all("REDIS_URL" in fault for fault in found)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"TRADEWIND_HOST": "0.0.0.0"}, "gateway.host"),
        ({"TRADEWIND_TLS_CERTIFICATE": "c.pem"}, "gateway.tls_certificate"),
        ({"DATABASE_URL": "postgresql://a:Hx9kqz@db.example.com/c"}, "database.url"),
        ({"DATABASE_URL": "postgresql://a:postgres@127.0.0.1/c"}, "database.url"),
        ({"REDIS_URL": "redis://cache.example.com/0"}, "redis.url"),
        ({"REDIS_PASSWORD": "CHANGE_ME"}, "redis.password"),
        ({"VAULT_ADDR": "http://vault.example.com"}, "vault.address"),
        ({"API_ENCRYPTION_KEY": GOOD}, "gateway.jwt_secret"),
    ],
)
def test_production_refuses_what_is_reached_without_protection(
    tmp_path: Path, given: dict[str, str], name: str
) -> None:
    good = {"ENVIRONMENT": "production", "JWT_SECRET": GOOD, "API_ENCRYPTION_KEY": GOOD[::-1]}
    found = faults(tmp_path, **(good | given))
    assert [fault.partition(":")[0] for fault in found] == [name]


def test_what_is_protected_is_no_fault_in_production(tmp_path: Path) -> None:
    given = {
        "ENVIRONMENT": "production",
        "JWT_SECRET": GOOD,
        "API_ENCRYPTION_KEY": GOOD[::-1],
        "TRADEWIND_HOST": "0.0.0.0",
        "TRADEWIND_TLS_CERTIFICATE": "c.pem",
        "TRADEWIND_TLS_KEY": "k.pem",
        "DATABASE_URL": "postgresql://a:Hx9kqz@db.example.com/c?sslmode=verify-full",
        "REDIS_URL": "rediss://:Hx9kqz@cache.example.com/0",
        "VAULT_ADDR": "https://vault.example.com",
        "WORKERS": "4",
    }
    assert faults(tmp_path, **given) == []


def test_without_a_login_nothing_listens_for_others(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, TRADEWIND_HOST="0.0.0.0", TRADEWIND_AUTHENTICATION="local")
    assert "only 127.0.0.1 is served" in fault
