"""Secrets of HashiCorp Vault's KV engine, version 2: `vault:secret/trading/alpaca#api_key`."""

from __future__ import annotations

from typing import Any

import hvac
from hvac.exceptions import Forbidden, InvalidPath, VaultDown, VaultError
from requests.exceptions import RequestException

from tradewind.model.errors import OutsideError
from tradewind.ports.secrets import SecretReference, field_of

DEADLINE_S = 5


class VaultSecrets:
    """Reads with a token from the Vault at an address."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._client: Any = hvac.Client(url=address, token=token, timeout=DEADLINE_S)

    def read(self, reference: SecretReference) -> str:
        """The newest version of a secret's field; the first part of the path is the engine."""
        mount, _, path = reference.path.partition("/")
        try:
            answer = self._client.secrets.kv.v2.read_secret_version(
                path=path, mount_point=mount, raise_on_deleted_version=True
            )
        except InvalidPath:
            raise self._failed(f"has no {reference}") from None
        except Forbidden:
            raise self._failed(f"does not let this token read {reference}") from None
        except VaultDown:
            raise self._failed("is sealed: unseal it") from None
        except (VaultError, RequestException) as error:
            raise self._failed(f"cannot be reached: {type(error).__name__}") from None
        value = field_of(reference, answer["data"]["data"])
        if value is None:
            raise self._failed(f"has no {reference}: name one of its fields behind #")
        return value

    def _failed(self, what: str) -> OutsideError:
        return OutsideError(f"Vault at {self._address} {what}", fault="ours", retry=False)
