"""Secrets of Azure Key Vault: `azure:https://NAME.vault.azure.net/SECRET`.

Who asks is the client that AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET name, else the
machine's managed identity. https://learn.microsoft.com/rest/api/keyvault, API version 7.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from tradewind.adapters.net.cloud_answers import ask_json, failed
from tradewind.ports.secrets import SecretReference

WHO = "Azure Key Vault"
VERSION = "7.4"
RESOURCE = "https://vault.azure.net"
LOGIN = "https://login.microsoftonline.com"
METADATA = "http://169.254.169.254"


class AzureSecrets:
    """Reads as the environment says who asks."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def read(self, reference: SecretReference) -> str:
        """The present version of a secret."""
        vault, _, name = reference.path.rpartition("/")
        token = self._token()
        found = ask_json(
            WHO,
            f"{vault}/secrets/{quote(name, safe='')}?api-version={VERSION}",
            headers={"Authorization": f"Bearer {token}"},
        )
        if not isinstance(found.get("value"), str):
            raise failed(WHO, f"has no {reference}")
        return str(found["value"])

    def _token(self) -> str:
        given = self._environment
        if given.get("AZURE_CLIENT_SECRET"):
            found: dict[str, Any] = ask_json(
                WHO,
                f"{given.get('AZURE_AUTHORITY_HOST', LOGIN).rstrip('/')}/"
                f"{quote(given.get('AZURE_TENANT_ID', ''), safe='')}/oauth2/v2.0/token",
                headers={},
                form={
                    "grant_type": "client_credentials",
                    "client_id": given.get("AZURE_CLIENT_ID", ""),
                    "client_secret": given["AZURE_CLIENT_SECRET"],
                    "scope": f"{RESOURCE}/.default",
                },
            )
        else:
            host = given.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", METADATA).rstrip("/")
            asked = urlencode({"api-version": "2018-02-01", "resource": RESOURCE})
            found = ask_json(
                WHO,
                f"{host}/metadata/identity/oauth2/token?{asked}",
                headers={"Metadata": "true"},
            )
        if not isinstance(found.get("access_token"), str):
            raise failed(WHO, "gave no token")
        return str(found["access_token"])
