"""`tradewind queue` and `tradewind doctor` on a real node, and what its plug-ins serve."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.rabbit_server import RabbitCluster
from tradewind.adapters.rabbitmq.broker import RabbitBroker
from tradewind.cli.main import main
from tradewind.ops.rabbitmq import rabbitmq_findings
from tradewind.ports.broker import JOBS_LOW, Message

NAME = JOBS_LOW.name


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))


@pytest.fixture
def dead(rabbit: RabbitCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[RabbitBroker]:
    """A broker with two dead letters in the queue of jobs that can wait."""
    monkeypatch.setenv("RABBITMQ_URL", rabbit.url)

    async def prepare() -> None:
        await emptied(rabbit)  # Another test may have left a ticket of a job.
        broker = RabbitBroker(rabbit.url)
        await broker.drop(NAME)
        for number in range(2):
            body = f"body {number}\n\x1b[31m".encode()
            await broker.publish([Message(message_id=f"m{number}", queue=NAME, body=body)])
            delivery = await broker.take([NAME], wait_s=5)
            assert delivery is not None
            await broker.bury(delivery, f"reason {number}")
        await broker.close()

    asyncio.run(prepare())
    yield RabbitBroker(rabbit.url)
    monkeypatch.undo()


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main(["queue", *words, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("dead")
def test_dead_letters_are_listed_shown_put_back_and_thrown_away(
    rabbit: RabbitCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(capsys, "list")[NAME] == {"waiting": 0, "dead": 2}
    assert [one.state for one in rabbitmq_findings(rabbit.url)] == ["warning"]
    shown = answer(capsys, "show", NAME)
    assert list(shown) == ["m0", "m1"]
    assert main(["queue", "show", NAME]) == 0
    text = capsys.readouterr().out
    assert "reason 0  (1 deliveries)  body 0" in text
    assert "\x1b" not in text
    assert answer(capsys, "redrive", NAME, "--id", "m1") == {"redriven": 1}
    assert answer(capsys, "list")[NAME] == {"waiting": 1, "dead": 1}
    assert answer(capsys, "drop", NAME, "--all") == {"dropped": 1}
    assert answer(capsys, "list")[NAME] == {"waiting": 1, "dead": 0}
    assert [one.state for one in rabbitmq_findings(rabbit.url)] == ["ok"]
    asyncio.run(emptied(rabbit))


async def emptied(rabbit: RabbitCluster) -> None:
    broker = RabbitBroker(rabbit.url)
    while (one := await broker.take([NAME], wait_s=0)) is not None:
        await broker.done(one)
    await broker.close()


def test_wrong_use_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RABBITMQ_URL", raising=False)
    assert main(["queue", "show", NAME, "--limit", "0"]) == 2
    assert "0 is not from 1 to 1000" in capsys.readouterr().err
    for words in (["show", "no such queue"], ["drop", NAME]):
        with pytest.raises(SystemExit, match="2"):
            main(["queue", *words])
    capsys.readouterr()
    monkeypatch.setenv("RABBITMQ_URL", "amqp://ann:sesame@127.0.0.1:1/")
    assert main(["queue", "list"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "nothing listens there" in said
    assert "sesame" not in said


def test_the_management_pages_want_a_login_and_the_figures_name_our_queues(
    rabbit: RabbitCluster,
) -> None:
    node = rabbit.nodes[0]
    place = f"http://127.0.0.1:{node.management_port}/api/overview"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(place, timeout=20)
    figures = f"http://127.0.0.1:{node.prometheus_port}/metrics"
    with urllib.request.urlopen(figures, timeout=20) as page:
        assert b"rabbitmq_queue_messages_ready" in page.read()
