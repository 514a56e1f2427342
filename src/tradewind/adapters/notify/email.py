"""E-mail: a message over SMTP, always under TLS unless the settings admit a plain server."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Literal

import msgspec

from tradewind.adapters.net.secret import Secret
from tradewind.model.errors import OutsideError
from tradewind.ports.notifications import Message

DEADLINE_S = 15.0
Security = Literal["starttls", "tls", "none"]


class MailServer(msgspec.Struct, frozen=True):
    """Where mail is handed in; `ca_file` names a certificate authority of one's own."""

    host: str
    port: int
    security: Security
    user: str
    password: Secret
    sender: str
    receivers: tuple[str, ...]
    ca_file: Path | None = None


class EmailChannel:
    """One mail a message, to all receivers."""

    name = "email"

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def send(self, message: Message) -> None:
        """Tell it, on a thread: the library waits."""
        await asyncio.to_thread(self._hand_in, self._mail(message))

    async def close(self) -> None:
        """Nothing is kept open."""

    def _mail(self, message: Message) -> EmailMessage:
        server = self._server
        mail = EmailMessage()
        mail["Subject"] = " ".join(message.title.split())[:200]
        mail["From"] = server.sender
        mail["To"] = ", ".join(server.receivers)
        mail["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2] or None)
        mail.set_content(message.text)
        return mail

    def _hand_in(self, mail: EmailMessage) -> None:
        server = self._server
        try:
            with self._connected() as connection:
                if server.security == "starttls":
                    connection.starttls(context=self._context())
                if server.user:
                    connection.login(server.user, server.password.reveal())
                connection.send_message(mail)
        except ssl.SSLError as error:
            raise _failed(f"TLS failed ({error.reason})", retry=False) from None
        except smtplib.SMTPAuthenticationError:
            raise _failed("user or password is refused", retry=False) from None
        except smtplib.SMTPResponseException as error:
            raise _failed(f"it answered {error.smtp_code}", retry=error.smtp_code < 500) from None
        except smtplib.SMTPNotSupportedError:
            raise _failed("it offers no STARTTLS or login", retry=False) from None
        except smtplib.SMTPRecipientsRefused:
            raise _failed("it takes none of the receivers", retry=False) from None
        except (OSError, smtplib.SMTPException) as error:
            raise _failed(type(error).__name__, retry=True) from None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, timeout=DEADLINE_S, context=self._context()
            )
        return smtplib.SMTP(server.host, server.port, timeout=DEADLINE_S)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca_file)


def _failed(why: str, *, retry: bool) -> OutsideError:
    return OutsideError(
        f"email was not told: {why}", fault="theirs" if retry else "ours", retry=retry
    )
