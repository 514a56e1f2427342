"""The .pxd files keep to the same layers as the imports."""

from __future__ import annotations

import re
import tomllib
from functools import cache

from tests.tidy import source

CIMPORT = re.compile(r"^\s*(?:from\s+tradewind\.(\w+)[\w.]*\s+cimport|cimport\s+tradewind\.(\w+))")

of_each_pxd = source.of_each(lambda: sorted(source.PACKAGE.rglob("*.pxd")))


@cache
def layers() -> list[list[str]]:
    """Return the layers of the import contract, highest first."""
    settings = tomllib.loads((source.ROOT / "pyproject.toml").read_text())
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return [[name.strip(" ()") for name in layer.split("|")] for layer in contract["layers"]]


def may_use(user: str, used: str) -> bool:
    """True when a package may use another: itself, or one of a lower layer."""
    depth = {name: number for number, names in enumerate(layers()) for name in names}
    return user == used or depth[user] < depth[used]


@of_each_pxd
def test_cimports_go_downwards_only(path: source.Path) -> None:
    user = path.relative_to(source.PACKAGE).parts[0]
    lines = map(CIMPORT.match, path.read_text().splitlines())
    used = [match[1] or match[2] for match in lines if match]
    assert [name for name in used if not may_use(user, name)] == []


@of_each_pxd
def test_a_pxd_has_its_module_beside_it(path: source.Path) -> None:
    assert path.with_suffix(".py").exists()


def test_a_higher_layer_may_use_a_lower_one_and_not_the_reverse() -> None:
    assert may_use("core", "model")
    assert not may_use("model", "core")
    assert not may_use("gateway", "adapters")
