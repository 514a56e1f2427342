"""The list of ASVS items names only tests that there are, and each item once."""

from __future__ import annotations

import re
from collections import Counter

from tests.tidy import source

DOCUMENT = source.ROOT / "docs" / "operations" / "security.md"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+?) \|(?: (.+?) \|)?$", re.MULTILINE)
TEST = re.compile(r"`(test_\w+)`")


def rows() -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = ROW.findall(DOCUMENT.read_text())
    return found


def names_of_tests() -> set[str]:
    paths = [*source.ROOT.glob("tests/**/*.py"), *source.ROOT.glob("src/tradewind/testing/*.py")]
    text = "\n".join(path.read_text() for path in paths)
    return set(re.findall(r"def (test_\w+)", text))


def test_every_test_that_the_list_names_is_there() -> None:
    named = {name for _, _, proofs in rows() for name in TEST.findall(proofs)}
    assert len(named) > 50
    assert named - names_of_tests() == set()


def test_every_item_is_proven_or_said_to_be_not_covered() -> None:
    proven, _, open_items = DOCUMENT.read_text().partition("### Not covered")
    assert all(TEST.search(proofs) for _, _, proofs in ROW.findall(proven))
    assert all(not proofs for _, _, proofs in ROW.findall(open_items))


def test_every_item_is_there_once_and_in_order() -> None:
    items = [item for item, _, _ in rows()]
    assert [item for item, count in Counter(items).items() if count > 1] == []
    proven = DOCUMENT.read_text().partition("### Not covered")[0]
    numbers = [tuple(map(int, item.split("."))) for item, _, _ in ROW.findall(proven)]
    assert numbers == sorted(numbers)
    assert len(numbers) > 100
