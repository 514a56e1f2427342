"""Mail to a real server: under TLS that is checked, with a login, to every receiver."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.adapters.notify.message import MESSAGE
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.email import EmailChannel, MailServer, Security
from tradewind.model.errors import OutsideError


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mailbox:
    """Keeps what a mail server takes."""

    def __init__(self) -> None:
        self.mails: list[tuple[Envelope, bool]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append((envelope, session.ssl is not None))
        return "250 taken"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that nobody but us trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "cert.pem", folder / "key.pem"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


def mailed(
    folder: Path, security: Security, *, trusted: bool = True, password: str = "hunter2"
) -> list[tuple[Envelope, bool]]:
    """Send the message by mail to a real server."""
    certificate_file, key_file = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)

    def authenticator(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == b"hunter2"
        return AuthResult(success=good, handled=False)

    box = Mailbox()
    tls = {"ssl_context": context} if security == "tls" else {}
    starting = {"tls_context": context, "require_starttls": True} if security == "starttls" else {}
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=authenticator,
        auth_require_tls=security == "starttls",
        **tls,
        **starting,
    )
    controller.start()
    try:
        port = controller.server.sockets[0].getsockname()[1]
        server = MailServer(
            "127.0.0.1",
            port,
            security,
            "desk",
            Secret(password),
            "tradewind@example.com",
            ("ann@example.com", "bob@example.com"),
            certificate_file if trusted else None,
        )
        asyncio.run(EmailChannel(server).send(MESSAGE))
    finally:
        controller.stop()
    return box.mails


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_out_under_tls_to_all_receivers(tmp_path: Path, security: Security) -> None:
    ((envelope, is_secure),) = mailed(tmp_path, security)
    assert is_secure or security == "tls"
    assert envelope.rcpt_tos == ["ann@example.com", "bob@example.com"]
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content)
    assert mail["Subject"] == MESSAGE.title
    assert "halted: all" in str(mail.get_payload())


def test_a_mail_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="TLS failed") as caught:
        mailed(tmp_path, "starttls", trusted=False)
    assert not caught.value.retry


def test_a_wrong_password_is_said_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="user or password is refused") as caught:
        mailed(tmp_path, "starttls", password="hunter3")
    assert "hunter3" not in str(caught.value)
