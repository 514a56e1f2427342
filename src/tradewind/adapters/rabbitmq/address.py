"""The address of a RabbitMQ: its nodes, who we are there, and how TLS is checked."""

from __future__ import annotations

import ssl
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from tradewind.model.errors import UserError

PORTS = {"amqp": 5672, "amqps": 5671}
HINT = (
    "RABBITMQ_URL is no address of RabbitMQ: write amqp://user:password@host:5672,other:5672/, "
    "amqps:// for TLS, a virtual host at the end, with %40, %2F and %3A for @, / and : inside of "
    "the password"
)


class Address(NamedTuple):
    """Where to connect; nodes are tried in their order, from the one that answered last."""

    nodes: tuple[tuple[str, int], ...]
    user: str
    password: str
    virtual_host: str
    tls: ssl.SSLContext | None

    def __repr__(self) -> str:
        """Without the password."""
        return f"Address({shown(self)})"


def address_of(url: str) -> Address:
    """Read an address; `UserError` where it is none.

    With amqps:// the server's certificate is checked, by the authorities of this computer or of the
    file `?cafile=`; `certfile=` and `keyfile=` are ours, where the server asks for them.

    >>> address_of("amqp://ann:secret@mq1,mq2:5673/desk").nodes
    (('mq1', 5672), ('mq2', 5673))
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    if parts.scheme not in PORTS or not hosts:
        raise UserError(HINT)
    user, _, password = credentials.partition(":")
    try:
        nodes = tuple(_node(host, PORTS[parts.scheme]) for host in hosts.split(","))
    except ValueError:
        raise UserError(HINT) from None
    return Address(
        nodes,
        unquote(user) or "guest",
        unquote(password) or "guest",
        unquote(parts.path[1:]) or "/",
        _context(parts.query) if parts.scheme == "amqps" else None,
    )


def shown(address: Address) -> str:
    """The nodes, for people.

    >>> shown(address_of("amqp://ann:secret@mq1/"))
    'RabbitMQ at mq1:5672'
    """
    return "RabbitMQ at " + ", ".join(f"{host}:{port}" for host, port in address.nodes)


def _node(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(text)
    return parts.hostname, parts.port or port


def _context(query: str) -> ssl.SSLContext:
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    try:
        context = ssl.create_default_context(cafile=given.get("cafile"))
        if "certfile" in given:
            context.load_cert_chain(given["certfile"], given.get("keyfile"))
    except (OSError, ssl.SSLError) as error:
        raise UserError(
            f"a certificate file of RABBITMQ_URL cannot be read ({error.strerror or error}): "
            "look at cafile, certfile and keyfile"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
