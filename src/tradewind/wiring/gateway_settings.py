"""Settings of the gateway, of who may use it, and of where secrets and counters are kept."""

from __future__ import annotations

from typing import Any

from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

PORT: Setting[int] = Setting(
    "gateway.port",
    ("PORT",),
    kinds.integer(least=1, most=65535),
    "8000",
    "HTTP port of the gateway on 127.0.0.1.",
)
HOST: Setting[str] = Setting(
    "gateway.host",
    ("TRADEWIND_HOST",),
    kinds.text(),
    "127.0.0.1",
    "The address the gateway listens at; any but this computer's own needs a login and, in "
    "production, a certificate.",
)
TLS_CERTIFICATE: Setting[str] = Setting(
    "gateway.tls_certificate",
    ("TRADEWIND_TLS_CERTIFICATE",),
    kinds.text(),
    "",
    "The file with the gateway's own certificate and its chain, in PEM.",
)
TLS_KEY: Setting[str] = Setting(
    "gateway.tls_key",
    ("TRADEWIND_TLS_KEY",),
    kinds.text(),
    "",
    "The file with the key of the certificate, in PEM.",
)
TRUSTED_PROXIES: Setting[tuple[str, ...]] = Setting(
    "gateway.trusted_proxies",
    ("TRUSTED_PROXIES",),
    kinds.names(r"[0-9a-fA-F.:]+(/\d{1,3})?", "10.0.0.0/8"),
    "",
    "Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
)
WORKERS: Setting[int] = Setting(
    "gateway.workers",
    ("WORKERS",),
    kinds.integer(least=1, most=64),
    "1",
    "Processes that answer requests; several need PostgreSQL in DATABASE_URL or Redis in "
    "REDIS_URL.",
)
AUTHENTICATION: Setting[str] = Setting(
    "gateway.authentication",
    ("TRADEWIND_AUTHENTICATION",),
    kinds.choice("local", "required"),
    "local",
    "`local`: whoever sits at this computer may do everything, in paper mode on 127.0.0.1 only; "
    "`required`: a login or an API key.",
    profiles={"staging": "required", "production": "required"},
)
JWT_SECRET: Setting[str] = Setting(
    "gateway.jwt_secret",
    ("JWT_SECRET",),
    kinds.text(),
    "",
    "Signs access tokens, at least 32 characters; without it a secret is made and kept in "
    "TRADEWIND_HOME.",
    secret=True,
)
JWT_SECRET_PREVIOUS: Setting[str] = Setting(
    "gateway.jwt_secret_previous",
    ("JWT_SECRET_PREVIOUS",),
    kinds.text(),
    "",
    "The secret before, whose tokens stay good: so a change logs nobody out.",
    secret=True,
)
ENCRYPTION_KEY: Setting[str] = Setting(
    "security.encryption_key",
    ("API_ENCRYPTION_KEY",),
    kinds.text(),
    "",
    "Encrypts second factors and venue keys, at least 32 characters; without it a key is made and "
    "kept in TRADEWIND_HOME.",
    secret=True,
)
ENCRYPTION_KEY_PREVIOUS: Setting[str] = Setting(
    "security.encryption_key_previous",
    ("API_ENCRYPTION_KEY_PREVIOUS",),
    kinds.text(),
    "",
    "The key before, so that what it encrypted can still be read.",
    secret=True,
)
ALLOWED_ORIGINS: Setting[tuple[str, ...]] = Setting(
    "gateway.allowed_origins",
    ("ALLOWED_ORIGINS",),
    kinds.names(r"https?://[a-z0-9.-]+(:\d+)?", "https://desk.example.com"),
    "",
    "Origins of pages, beside the gateway's own, that may send requests.",
)
TRUSTED_HOSTS: Setting[tuple[str, ...]] = Setting(
    "gateway.trusted_hosts",
    ("TRUSTED_HOSTS",),
    kinds.names(r"\[::1\]|(\*\.)?[a-z0-9.-]+", "desk.example.com"),
    "127.0.0.1,localhost,[::1]",
    "Names under which the gateway answers; others are refused.",
)
REQUESTS_PER_MINUTE: Setting[int] = Setting(
    "gateway.requests_per_minute",
    ("RATE_LIMIT_REQUESTS_PER_MINUTE",),
    kinds.integer(least=1, most=1_000_000),
    "1000",
    "Requests of one address, and of one user, with a burst of a tenth.",
    unit="requests/min",
)
REDIS_URL: Setting[str] = Setting(
    "redis.url",
    ("REDIS_URL",),
    kinds.text(),
    "",
    "Where several workers count requests and failed logins together, like "
    "`redis://127.0.0.1:6379/0`; without it the database does.",
    secret=True,
)
REDIS_PASSWORD: Setting[str] = Setting(
    "redis.password",
    ("REDIS_PASSWORD",),
    kinds.text(),
    "",
    "The password of Redis, where its address has none.",
    secret=True,
)
REDIS_CONNECTIONS: Setting[int] = Setting(
    "redis.connections_max",
    ("REDIS_MAX_CONNECTIONS",),
    kinds.integer(least=1, most=10_000),
    "50",
    "The most connections that one process opens to Redis.",
)
ACCESS_LOG: Setting[bool] = Setting(
    "gateway.access_log",
    ("TRADEWIND_ACCESS_LOG",),
    kinds.switch(),
    "false",
    "Whether every answered request becomes a line of access.log in TRADEWIND_HOME.",
    profiles={"staging": "true", "production": "true"},
)
BREACHED_PASSWORDS: Setting[str] = Setting(
    "gateway.breached_passwords",
    ("BREACHED_PASSWORDS_LIST",),
    kinds.text(),
    "",
    "A file of SHA-1 hashes of passwords that others know, sorted, as Have I Been Pwned gives it; "
    "new passwords on it are refused.",
)
AUDIT_DAYS: Setting[int] = Setting(
    "gateway.audit_retention_days",
    ("AUDIT_RETENTION_DAYS",),
    kinds.integer(least=0, most=36_500),
    "0",
    "Entries of the audit trail that are older go to files in audit/ of TRADEWIND_HOME and out of "
    "the database; 0 keeps all.",
)
FOUR_EYES: Setting[bool] = Setting(
    "gateway.four_eyes",
    ("TRADEWIND_FOUR_EYES",),
    kinds.switch(),
    "false",
    "Limits are raised, and strategies started on a live engine, when two people ask for the same "
    "within 15 minutes; needs logins.",
)
VAULT_ADDRESS: Setting[str] = Setting(
    "vault.address",
    ("VAULT_ADDR",),
    kinds.text(),
    "",
    "Where Vault is; any setting may then be `vault:secret/trading/alpaca#api_key`.",
)
VAULT_TOKEN: Setting[str] = Setting(
    "vault.token",
    ("VAULT_TOKEN",),
    kinds.text(),
    "",
    "The token that reads Vault.",
    secret=True,
)
AGE_IDENTITY: Setting[str] = Setting(
    "age.identity_file",
    ("AGE_IDENTITY_FILE",),
    kinds.text(),
    "",
    "The file with the identity that opens files of age; any setting may then be "
    "`age:/etc/tradewind/secrets.age#NAME`.",
)

GATEWAY_SETTINGS: tuple[Setting[Any], ...] = (
    PORT,
    HOST,
    TLS_CERTIFICATE,
    TLS_KEY,
    TRUSTED_PROXIES,
    WORKERS,
    AUTHENTICATION,
    JWT_SECRET,
    JWT_SECRET_PREVIOUS,
    ENCRYPTION_KEY,
    ENCRYPTION_KEY_PREVIOUS,
    ALLOWED_ORIGINS,
    TRUSTED_HOSTS,
    REQUESTS_PER_MINUTE,
    REDIS_URL,
    REDIS_PASSWORD,
    REDIS_CONNECTIONS,
    ACCESS_LOG,
    BREACHED_PASSWORDS,
    AUDIT_DAYS,
    FOUR_EYES,
    VAULT_ADDRESS,
    VAULT_TOKEN,
    AGE_IDENTITY,
)
