"""Secrets that are kept elsewhere: in a vault, a cloud's secret manager, an encrypted file.

A setting says where its value is: `vault:secret/trading/alpaca#api_key`.
"""

from __future__ import annotations

import re
from typing import Protocol

import msgspec

SCHEMES = ("vault", "aws", "azure", "gcp", "age")
_REFERENCE = re.compile(rf"({'|'.join(SCHEMES)}):([^\s#]+)(?:#([A-Za-z0-9_.-]+))?")


class SecretReference(msgspec.Struct, frozen=True):
    """Where a secret is: whose it is, its path there, and the field where it has several."""

    scheme: str
    path: str
    field: str = ""

    def __str__(self) -> str:
        """The text that a setting has."""
        return f"{self.scheme}:{self.path}" + (f"#{self.field}" if self.field else "")


class SecretSource(Protocol):
    """Reads secrets. Blocking, within seconds."""

    def read(self, reference: SecretReference) -> str:
        """The secret; raises `OutsideError` with one sentence where there is none to be had."""


def parsed_reference(text: str) -> SecretReference | None:
    """The reference that a setting's text is, None where it is a plain value.

    >>> parsed_reference("vault:secret/trading/alpaca#api_key")
    SecretReference(scheme='vault', path='secret/trading/alpaca', field='api_key')
    >>> parsed_reference("redis://127.0.0.1") is None
    True
    """
    found = _REFERENCE.fullmatch(text)
    return SecretReference(found[1], found[2], found[3] or "") if found else None


def field_of(reference: SecretReference, values: dict[str, object]) -> str | None:
    """The value that a reference names among those of a path; the only one where it names none.

    >>> field_of(SecretReference("aws", "desk", "key"), {"key": "k", "secret": "s"})
    'k'
    """
    if not reference.field and len(values) == 1:
        return str(next(iter(values.values())))
    value = values.get(reference.field)
    return None if value is None else str(value)
