"""Where the secrets are that settings only name: which library reads which reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.secrets import SecretReference, SecretSource

EXTRAS = {"vault": "vault", "aws": "aws", "age": "age"}
"""The extra that installs what a scheme needs; the others need nothing more."""
MODULES = {
    "vault": "tradewind.adapters.vault.secrets",
    "aws": "tradewind.adapters.aws.secrets",
    "azure": "tradewind.adapters.azure.secrets",
    "gcp": "tradewind.adapters.gcp.secrets",
    "age": "tradewind.adapters.age.secrets",
}


class SecretSources:
    """Reads references once a process; each source is made when the first one needs it.

    `given` says a setting's own text by the variable's name: how Vault is reached.
    """

    def __init__(self, environment: Mapping[str, str], given: Callable[[str], str]) -> None:
        self._environment = environment
        self._given = given
        self._sources: dict[str, SecretSource] = {}
        self._read: dict[SecretReference, str] = {}

    def read(self, reference: SecretReference) -> str:
        """The secret; raises `UserError` or `OutsideError` with one sentence."""
        if reference not in self._read:
            source = self._sources.get(reference.scheme) or self._made(reference.scheme)
            self._sources[reference.scheme] = source
            self._read[reference] = source.read(reference)
        return self._read[reference]

    def _made(self, scheme: str) -> SecretSource:
        try:
            module: Any = import_module(MODULES[scheme])
        except ModuleNotFoundError:
            raise UserError(f"install tradewind[{EXTRAS[scheme]}] for it") from None
        made: SecretSource
        match scheme:
            case "vault":
                made = module.VaultSecrets(self._needed("VAULT_ADDR"), self._needed("VAULT_TOKEN"))
            case "aws":
                made = module.AwsSecrets()
            case "azure":
                made = module.AzureSecrets(self._environment)
            case "gcp":
                made = module.GcpSecrets(self._environment)
            case _:
                made = module.AgeSecrets(Path(self._needed("AGE_IDENTITY_FILE")))
        return made

    def _needed(self, variable: str) -> str:
        text = self._given(variable)
        if not text:
            raise OutsideError(f"set {variable} for it", fault="ours", retry=False)
        return text
