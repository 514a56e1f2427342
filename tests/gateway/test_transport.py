"""How requests travel: HTTPS, trusted proxies, other origins, headers, slow ones."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.gateway.load import PATIENCE_S
from tests.gateway.served import Served
from tests.runtime.memory_engine import MemoryEngine
from tradewind.gateway import bodies, guard
from tradewind.gateway.process import GatewayProcess, claim_port

DESK = "https://desk.example.com"
ME = "/api/v1/auth/me"


@pytest.fixture
def production(tmp_path: Path) -> Served:
    served = Served(
        tmp_path, MemoryEngine(), is_https=True, trusted_proxies=("10.0.0.0/8",),
        allowed_origins=(DESK,),
    )  # fmt: skip
    served.add("ann", "trader")
    return served


def test_production_answers_over_https_only_and_tells_browsers_so(production: Served) -> None:
    with production.client("8.8.8.8") as client:
        plain = client.get("/health")
        assert (plain.status_code, "https only" in plain.json()["detail"]) == (403, True)
        forged = client.get("/health", headers={"X-Forwarded-Proto": "https"})
        assert forged.status_code == 403
    with production.client("10.0.0.1") as client:
        answer = client.get("/health", headers={"X-Forwarded-Proto": "https"})
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert answer.json()["reasons"]


def test_the_address_that_counts_is_the_one_a_trusted_proxy_saw(production: Served) -> None:
    def addresses(peer: str, forwarded: str) -> list[str]:
        headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
        with production.client(peer) as client:
            client.post(
                "/api/v1/auth/login", json={"name": "eve", "password": "x"}, headers=headers
            )
        return [entry.address for entry in production.audit.newest(before=0, limit=1)]

    assert addresses("10.0.0.1", "6.6.6.6, 9.9.9.9") == ["9.9.9.9"]
    assert addresses("10.0.0.1", "9.9.9.8, 10.0.0.7") == ["9.9.9.8"]
    assert addresses("10.0.0.1", "not an address") == ["10.0.0.1"]


def test_a_page_of_an_allowed_origin_may_ask_and_no_other(production: Served) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    with production.client("10.0.0.1") as client:
        client.headers["X-Forwarded-Proto"] = "https"
        own = client.options(ME, headers={"Origin": DESK, **asked})
        other = client.options(ME, headers={"Origin": "https://evil.example.com", **asked})
        assert own.headers["Access-Control-Allow-Origin"] == DESK
        assert "Access-Control-Allow-Credentials" not in own.headers
        assert (other.status_code, "Access-Control-Allow-Origin" in other.headers) == (400, False)
        refused = client.post("/api/v1/auth/logout", headers={"Origin": "https://evil.example.com"})
        assert refused.status_code == 403


@pytest.mark.parametrize("path", ["/health", ME, "/nothing", "/api/v1/openapi.json"])
def test_every_answer_has_the_headers_that_protect(production: Served, path: str) -> None:
    with production.client("127.0.0.1") as client:
        headers = client.get(path).headers
    for name in guard.SECURITY_HEADERS:
        assert name in headers, name
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "server" not in headers


def test_a_name_that_is_not_ours_is_refused(production: Served) -> None:
    with production.client("127.0.0.1") as client:
        assert client.get("/health", headers={"Host": "evil.example.com"}).status_code == 400


def test_a_body_that_does_not_come_is_not_waited_for(
    production: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_DEADLINE_S", 0.05)
    assert asyncio.run(status_of(production, body_comes=False)) == 408


def test_a_request_that_takes_too_long_is_ended(
    production: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(guard, "REQUEST_DEADLINE_S", 0.05)
    monkeypatch.setattr(production.services.engine, "read", sleep)
    assert asyncio.run(status_of(production, path="/health", method="GET")) == 503


async def status_of(
    served: Served, *, body_comes: bool = True, path: str = "/api/v1/auth/login",
    method: str = "POST",
) -> int:  # fmt: skip
    """Ask the application itself, as a server would, from this computer."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not body_comes:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "scheme": "http", "http_version": "1.1", "root_path": "",
        "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 5), "server": ("x", 80),
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    await served.app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of its own signing for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
def gateway(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[GatewayProcess]:
    monkeypatch.setenv("TRADEWIND_TLS_CERTIFICATE", str(certificate[0]))
    monkeypatch.setenv("TRADEWIND_TLS_KEY", str(certificate[1]))
    process = GatewayProcess(tmp_path, claim_port(0))
    process.start(time.monotonic())
    yield process
    process.stop()


def test_with_a_certificate_of_its_own_it_speaks_tls_and_nothing_older_than_1_2(
    gateway: GatewayProcess, certificate: tuple[Path, Path]
) -> None:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    address = f"https://localhost:{gateway.port}/health"
    ends_at = time.monotonic() + PATIENCE_S
    # No engine: but that was said over TLS.
    while (found := status_over_tls(address, context)) != 503:
        assert time.monotonic() < ends_at, found
    weak = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    weak.check_hostname, weak.verify_mode = False, ssl.CERT_NONE
    weak.set_ciphers("AES128-SHA:@SECLEVEL=0")
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(urllib.error.URLError, match="SSL"):
        urllib.request.urlopen(address, context=weak, timeout=PATIENCE_S)


def status_over_tls(address: str, context: ssl.SSLContext) -> int | str:
    try:
        with urllib.request.urlopen(address, context=context, timeout=PATIENCE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError as error:
        return str(error)
