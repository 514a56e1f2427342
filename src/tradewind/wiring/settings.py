"""Settings: the value of every entry of the catalogue and where it came from.

Precedence: flag, environment, the file that `*_FILE` names, `.env`, config file, profile of
ENVIRONMENT, default. The config file is the one `TRADEWIND_CONFIG` names, else
`config/system.toml` or `config/system.json` in the folder the command is started in.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tradewind.model.errors import OutsideError, UserError
from tradewind.ports.secrets import parsed_reference
from tradewind.wiring import catalog
from tradewind.wiring.live_switches import live_refusals
from tradewind.wiring.secret_sources import SecretSources
from tradewind.wiring.security_validator import dangers
from tradewind.wiring.setting import Setting
from tradewind.wiring.setting_sources import (
    Given,
    Source,
    config_source,
    dotenv_source,
    environment_source,
    is_open_to_others,
    secret_file,
)

T = TypeVar("T")

CONFIG_VARIABLE = "TRADEWIND_CONFIG"
CONFIG_FILES = ("config/system.toml", "config/system.json")
MASK = "********"
OUR_PREFIX = "TRADEWIND_"
SOURCE_SETTINGS = (catalog.VAULT_ADDRESS, catalog.VAULT_TOKEN, catalog.AGE_IDENTITY)
"""How sources of secrets are reached: these stand in no such source themselves."""


class BadSettings(UserError):
    """Settings that cannot be used; `faults` holds one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Value:
    """One setting's value, its text, and where it came from."""

    value: Any
    text: str
    where: str


class Settings:
    """All values by entry of the catalogue.

    >>> settings = load_settings({"gateway.port": "8080"}, environment={}, folder=Path("/"))
    >>> settings[catalog.PORT], settings.where(catalog.PORT)
    (8080, 'flag')
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getitem__(self, setting: Setting[T]) -> T:
        value: T = self._values[setting.name].value
        return value

    def where(self, setting: Setting[Any]) -> str:
        """Say where a value came from."""
        return self._values[setting.name].where

    def shown(self, setting: Setting[Any]) -> str:
        """Return a value as text; a secret is masked."""
        value = self._values[setting.name].value
        if setting.secret:
            return MASK if self._values[setting.name].text else ""
        return str(setting.kind.show(value))


def load_settings(
    flags: Mapping[str, str] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    settings: Sequence[Setting[Any]] = catalog.SETTINGS,
) -> Settings:
    """Return the settings, or raise `BadSettings` with every fault at once.

    `flags` are by setting name; environment and folder are the process's own where not given.
    """
    loaded, faults = read_settings(flags, environment=environment, folder=folder, settings=settings)
    if faults:
        raise BadSettings(faults)
    return loaded


def read_settings(
    flags: Mapping[str, str] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    settings: Sequence[Setting[Any]] = catalog.SETTINGS,
) -> tuple[Settings, list[str]]:
    """Return the settings and every fault; a faulty setting has its default."""
    variables = os.environ if environment is None else environment
    reader = _Reader(flags or {}, variables, folder or Path.cwd(), settings)
    return Settings(reader.values()), reader.faults


def find_home(flags: Mapping[str, str] | None = None) -> Path:
    """Return TRADEWIND_HOME alone: no other setting's fault may stand in the way of a halt."""
    settings, faults = read_settings(flags)
    own = [fault for fault in faults if fault.startswith(f"{catalog.HOME.name}:")]
    if own:
        raise BadSettings(own)
    return settings[catalog.HOME]


class _Reader:
    """Reads all sources once and picks for each setting the first that names it."""

    def __init__(
        self,
        flags: Mapping[str, str],
        environment: Mapping[str, str],
        folder: Path,
        settings: Sequence[Setting[Any]],
    ) -> None:
        self.settings = settings
        self.flags = {name: Given(text, "flag") for name, text in flags.items()}
        self.environment = environment_source(environment)
        self.dotenv = _optional(dotenv_source, folder / ".env")
        self.config = self._config(environment, folder)
        self.sources = SecretSources(environment, self._plain)
        self.faults = [*self.dotenv.faults, *self.config.faults, *self._unknown_names()]

    def values(self) -> dict[str, Value]:
        first = self._value(catalog.ENVIRONMENT, profile="")
        found = {catalog.ENVIRONMENT.name: first}
        for setting in self.settings:
            if setting.name not in found:
                found[setting.name] = self._value(setting, profile=first.value)
        self.faults += _refusals(Settings(found))
        return found

    def _config(self, environment: Mapping[str, str], folder: Path) -> Source:
        if environment.get(CONFIG_VARIABLE):
            return config_source(folder / environment[CONFIG_VARIABLE])
        there = [folder / name for name in CONFIG_FILES if (folder / name).exists()]
        if len(there) > 1:
            return Source(
                faults=[f"{CONFIG_FILES[0]} and {CONFIG_FILES[1]} are both there: keep one"]
            )
        return config_source(there[0]) if there else Source()

    def _value(self, setting: Setting[Any], profile: str) -> Value:
        given = self._given(setting)
        if given is not None:
            self._check_secrecy(setting, given)
            given = self._fetched(setting, given)
        if given is not None:
            try:
                return Value(setting.kind.parse(given.text), given.text, given.where)
            except ValueError as error:
                shown = MASK if setting.secret else repr(given.text)
                self.faults.append(f"{setting.name}: {shown} {error} ({given.where})")
        text = setting.profiles.get(profile, setting.default)
        where = f"profile {profile}" if profile in setting.profiles else "default"
        return Value(setting.kind.parse(text), text, where)

    def _fetched(self, setting: Setting[Any], given: Given) -> Given | None:
        """What a setting's text stands for where it names a secret that is kept elsewhere."""
        reference = parsed_reference(given.text)
        if reference is None:
            return given
        where = f"{given.where}, {reference}"
        try:
            return Given(self.sources.read(reference), where)
        except (UserError, OutsideError) as error:
            self.faults.append(f"{setting.name}: {error} ({where})")
            return None

    def _plain(self, variable: str) -> str:
        """The text of a setting that says how a source of secrets is reached."""
        for setting in SOURCE_SETTINGS:
            if variable in setting.variables:
                return str(self._value(setting, profile="").value)
        return ""

    def _given(self, setting: Setting[Any]) -> Given | None:
        return (
            self.flags.get(setting.name)
            or self._from_variables(setting, self.environment)
            or self._from_variables(setting, self.dotenv)
            or self.config.values.get(setting.name)
        )

    def _from_variables(self, setting: Setting[Any], source: Source) -> Given | None:
        """Return what a setting's variables say, each directly or through `*_FILE`."""
        found = [
            given
            for name in setting.variables
            if (given := self._from_variable(setting, name, source)) is not None
        ]
        if len({given.text for given in found}) > 1:
            places = " and ".join(given.where for given in found)
            self.faults.append(f"{setting.name}: {places} differ: set one of them")
        return found[0] if found else None

    def _from_variable(self, setting: Setting[Any], name: str, source: Source) -> Given | None:
        direct, pointer = source.values.get(name), source.values.get(f"{name}_FILE")
        if direct is not None and pointer is not None:
            self.faults.append(
                f"{setting.name}: {name} and {name}_FILE are both set: unset one ({pointer.where})"
            )
        if direct is not None or pointer is None:
            return direct
        unread = Source()
        given = secret_file(Path(pointer.text), pointer.where, unread)
        self.faults += [f"{setting.name}: {fault} ({pointer.where})" for fault in unread.faults]
        return given

    def _check_secrecy(self, setting: Setting[Any], given: Given) -> None:
        if setting.secret and given.file is not None and is_open_to_others(given.file):
            self.faults.append(
                f"{setting.name}: anybody can read {given.file}: chmod 600 it ({given.where})"
            )

    def _unknown_names(self) -> Iterator[str]:
        known = [setting.name for setting in self.settings]
        for name in [*self.flags, *self.config.values]:
            if name not in known:
                given = self.flags.get(name) or self.config.values[name]
                yield f"{name}: there is no such setting{_hint(name, known)} ({given.where})"
        for source in (self.environment, self.dotenv):
            yield from self._misspelt_variables(source)

    def _misspelt_variables(self, source: Source) -> Iterator[str]:
        """Name the variables that begin like ours and nearly are one; others are not ours."""
        known = [name for setting in self.settings for name in setting.variables]
        known += [f"{name}_FILE" for name in known]
        endings = [name.removeprefix(OUR_PREFIX) for name in known if name.startswith(OUR_PREFIX)]
        for name in sorted(set(source.values) - set(known)):
            hint = _hint(name.removeprefix(OUR_PREFIX), endings, OUR_PREFIX)
            if name.startswith(OUR_PREFIX) and hint:
                yield f"{name}: there is no such setting{hint} ({source.values[name].where})"


def _refusals(settings: Settings) -> Iterator[str]:
    """Say what is wrong between settings that are right one by one."""
    yield from live_refusals(settings)
    yield from dangers(settings)


def _optional(read: Any, path: Path) -> Source:
    return read(path) if path.exists() else Source()


def _hint(name: str, known: Sequence[str], prefix: str = "") -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return f", did you mean {prefix}{close[0]}?" if close else ""
