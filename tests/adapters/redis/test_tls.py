"""Redis over TLS: whose certificates are believed, for which name, and who is let in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates, make_certificates
from tests.servers.redis_server import RedisServer
from tests.servers.sentinels import running_sentinels
from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.adapters.redis.clients import connect_redis
from tradewind.adapters.redis.security_store import RedisSecurityStore
from tradewind.ops.redis import redis_findings
from tradewind.testing.security_store_suite import NOW_NS, RATE


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure(certificates: Certificates, tmp_path: Path) -> Iterator[RedisServer]:
    """A server that speaks TLS only, and asks clients for a certificate of theirs."""
    server = RedisServer(tmp_path)
    files = {
        "ssl_ca_certs": certificates.authority,
        "ssl_certfile": certificates.certificate,
        "ssl_keyfile": certificates.key,
    }
    asked = "&".join(f"{name}={path}" for name, path in files.items())
    server.url = f"rediss://127.0.0.1:{server.port}/0?{asked}"
    server.start(
        "--port", "0", "--tls-port", str(server.port),
        "--tls-cert-file", str(certificates.certificate),
        "--tls-key-file", str(certificates.key),
        "--tls-ca-cert-file", str(certificates.authority),
    )  # fmt: skip
    try:
        yield server
    finally:
        server.stop()


def is_used(url: str) -> bool:
    """Whether Redis itself counted, and not what is behind it."""
    with closing(connect_redis(url)) as client:
        store = RedisSecurityStore(client, MemorySecurityStore())
        assert store.take("ann", RATE, count=1, now_ns=NOW_NS).granted == 1
        return store.is_answering


def test_over_tls_redis_counts_and_the_doctor_finds_nothing(secure: RedisServer) -> None:
    assert is_used(secure.url)
    assert [found.state for found in redis_findings(secure.url, "")] == ["ok"]


def test_who_cannot_be_believed_is_not_used(
    secure: RedisServer, certificates: Certificates, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = make_certificates(tmp_path / "other")
    unknown = secure.url.replace(str(certificates.authority), str(other.authority))
    assert not is_used(unknown)
    assert "certificate verify failed" in redis_findings(unknown, "")[0].sentence
    assert not is_used(secure.url.replace("127.0.0.1", "localhost")), "it has another name"
    assert not is_used(secure.url.partition("?")[0]), "nobody of that authority is known here"
    assert not is_used(f"redis://127.0.0.1:{secure.port}/0"), "it is not asked in the open"


def test_a_client_without_a_certificate_is_not_let_in(
    secure: RedisServer, certificates: Certificates
) -> None:
    address, _, _ = secure.url.partition("?")
    assert not is_used(f"{address}?ssl_ca_certs={certificates.authority}")


@pytest.mark.long
def test_sentinels_and_servers_that_speak_tls_alone_fail_over(
    certificates: Certificates, tmp_path: Path
) -> None:
    with running_sentinels(tmp_path, certificates) as watched:
        assert is_used(watched.url)
        assert [found.state for found in redis_findings(watched.url, "")] == ["ok"]
        assert not is_used(watched.url.partition("?")[0]), "nobody knows that authority"
        assert not is_used(watched.url.replace("rediss", "redis").partition("?")[0])
        with closing(connect_redis(watched.url)) as client:
            store = RedisSecurityStore(client, MemorySecurityStore())
            assert store.take("ann", RATE, count=1, now_ns=NOW_NS).granted == 1
            assert store.is_answering
            watched.primary.kill()

            def answers() -> bool:
                store.attempts.again_at_s = 0.0
                store.add_failure("name bob", now_ns=NOW_NS)
                return store.is_answering

            watched.wait_until(lambda: watched.primary_port() == watched.links[1].port)
            watched.wait_until(answers)
