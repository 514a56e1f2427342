"""Sources of settings, read into text: environment, secret files, `.env`, the config file.

A source never raises for what a person wrote: it notes the fault, so that all are told at once.
"""

from __future__ import annotations

import json
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

FILE_BYTES_MAX = 1 << 20
"""A config, secret or .env file beyond this is refused unread."""

_ENV_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTED = re.compile(r"""(?:"([^"]*)"|'([^']*)')\s*(?:#.*)?""")
_TOML_TABLE = re.compile(r"\s*\[([^\[\]]+)\]")
_TOML_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")
_JSON_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:,]')


@dataclass(frozen=True, slots=True)
class Given:
    """What a source says about one setting: the text, where it stands, and in which file."""

    text: str
    where: str
    file: Path | None = None


@dataclass(slots=True)
class Source:
    """One source: `values` by setting name or by variable, and the faults met while reading."""

    values: dict[str, Given] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def environment_source(environment: Mapping[str, str]) -> Source:
    """Take the variables of the process; an empty one counts as not set.

    >>> environment_source({"PORT": "8080"}).values["PORT"].where
    'environment PORT'
    """
    return Source(
        {name: Given(text, f"environment {name}") for name, text in environment.items() if text}
    )


def dotenv_source(path: Path) -> Source:
    """Read `NAME=value` lines; `export`, quotes, empty lines and # comments are allowed."""
    source = Source()
    for number, line in enumerate(_read_text(path, source).splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _ENV_LINE.fullmatch(stripped)
        if match is None:
            source.faults.append(f"{path.name} line {number} is not NAME=value")
            continue
        if text := _unquoted(match[2]):
            source.values[match[1]] = Given(text, f"{path.name} line {number}", path)
    return source


def config_source(path: Path) -> Source:
    """Read a `.toml` or `.json` file; its values are named `section.key`."""
    source = Source()
    text = _read_text(path, source)
    try:
        tree, lines = _parsed(text, path)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, RecursionError) as error:
        kind = path.suffix.removeprefix(".").upper()
        source.faults.append(f"{path.name} is not {kind}: {error}")
        return source
    for name, value in _leaves(tree, ""):
        where = f"{path.name} line {lines[name]}" if name in lines else path.name
        source.values[name] = Given(_as_text(value), where, path)
    return source


def secret_file(path: Path, where: str, source: Source) -> Given | None:
    """Return what a `*_FILE` variable points at, without the line's end."""
    faults = len(source.faults)
    text = _read_text(path, source)
    if len(source.faults) > faults:
        return None
    return Given(text.rstrip("\r\n"), f"{where} ({path})", path)


def is_open_to_others(path: Path) -> bool:
    """True when anybody on this machine can read the file."""
    readable = stat.S_IMODE(path.stat().st_mode) & stat.S_IROTH
    reachable = stat.S_IMODE(path.parent.stat().st_mode) & stat.S_IXOTH
    return bool(readable and reachable)


def _read_text(path: Path, source: Source) -> str:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            source.faults.append(f"{path} is larger than {FILE_BYTES_MAX} bytes")
            return ""
        return path.read_text(encoding="utf-8")
    except OSError as error:
        source.faults.append(f"{path} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        source.faults.append(f"{path} is not UTF-8 text")
    return ""


def _unquoted(text: str) -> str:
    match = _QUOTED.fullmatch(text)
    if match is not None:
        return match[1] if match[1] is not None else match[2]
    return re.split(r"\s+#", text, maxsplit=1)[0].strip()


def _parsed(text: str, path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    if path.suffix == ".json":
        tree = json.loads(text or "{}", parse_float=Decimal)
        return (tree, _json_lines(text)) if isinstance(tree, dict) else ({"": tree}, {})
    return tomllib.loads(text, parse_float=Decimal), _toml_lines(text)


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _toml_lines(text: str) -> dict[str, int]:
    """Return setting -> line; a `key =` inside a text of several lines may be taken for one."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TOML_TABLE.match(line):
            table = _plain_key(header[1]) + "."
        elif key := _TOML_KEY.match(line):
            lines.setdefault(table + _plain_key(key[1]), number)
    return lines


def _plain_key(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _json_lines(text: str) -> dict[str, int]:
    """Return setting -> line, by following braces: a text before a colon is a key."""
    lines: dict[str, int] = {}
    path: list[str] = []
    key = ""
    tokens = list(_JSON_TOKEN.finditer(text))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token[0] in "{[":
            path.append(key)
        elif token[0] in "}]":
            path.pop()
        elif token[0].startswith('"') and following is not None and following[0] == ":":
            key = json.loads(token[0])
            name = ".".join([*path[1:], key])
            lines.setdefault(name, text.count("\n", 0, token.start()) + 1)
    return lines
