"""Channels against real receivers: what arrives, what is tried again, what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from tests.adapters.net.loopback import served
from tests.adapters.notify.message import MESSAGE
from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.discord import DiscordChannel
from tradewind.adapters.notify.pagerduty import PagerDutyChannel
from tradewind.adapters.notify.posting import Poster
from tradewind.adapters.notify.slack import SlackChannel
from tradewind.adapters.notify.targets import check_address, check_url
from tradewind.adapters.notify.telegram import TelegramBot, TelegramChannel, listen
from tradewind.adapters.notify.webhook import SIGNATURE, WebhookChannel, signature_of
from tradewind.model.errors import OutsideError
from tradewind.ports.notifications import Channel

Make = Callable[[str], Channel]


class Receiver:
    """Keeps what is posted and answers with a status."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.paths: list[str] = []
        self.bodies: list[Any] = []
        self.headers: list[Any] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        self.bodies.append(await request.read())
        self.headers.append(request.headers)
        status = self.statuses.pop(0) if self.statuses else 200
        headers = {"Location": f"http://{request.host}/elsewhere"} if status == 302 else {}
        return web.json_response({"ok": True, "result": []}, status=status, headers=headers)


def told(make: Make, *statuses: int) -> Receiver:
    """Send the message to a receiver by the channel that is made for its address."""
    receiver = Receiver(*statuses)

    async def send() -> None:
        async with served(receiver.handle) as address:
            channel = make(f"http://{address}")
            try:
                await channel.send(MESSAGE)
            finally:
                await channel.close()

    asyncio.run(send())
    return receiver


def slack(url: str) -> Channel:
    return SlackChannel(Secret(f"{url}/services/T0/B0/hunter2"), "anywhere")


def discord(url: str) -> Channel:
    return DiscordChannel(Secret(f"{url}/api/webhooks/1/hunter2"), "anywhere")


def webhook(url: str) -> Channel:
    return WebhookChannel(Secret(f"{url}/hook"), Secret("hunter2"), "anywhere")


def pagerduty(url: str) -> Channel:
    return PagerDutyChannel(Secret("hunter2"), "desk", "anywhere", url)


def telegram(url: str) -> Channel:
    return TelegramChannel(TelegramBot(Secret("7:hunter2"), "anywhere", url), ("42", "-7"))


ALL = [slack, discord, webhook, pagerduty, telegram]


def test_slack_is_told_and_nobody_is_called_by_it() -> None:
    receiver = told(slack)
    assert receiver.paths == ["/services/T0/B0/hunter2"]
    text = json.loads(receiver.bodies[0])["text"]
    assert "&lt;!channel&gt; &amp; co" in text
    assert text.startswith(MESSAGE.title)


def test_discord_is_told_and_mentions_nobody() -> None:
    body = json.loads(told(discord, 204).bodies[0])
    assert body == {"content": MESSAGE.text, "allowed_mentions": {"parse": []}}


def test_a_webhook_is_told_everything_and_can_check_the_signature() -> None:
    receiver = told(webhook)
    body = json.loads(receiver.bodies[0])
    assert (body["level"], body["counts"], body["sequence"]) == (
        "critical",
        {"halt": 1, "denial": 2},
        77,
    )
    signature = receiver.headers[0][SIGNATURE]
    assert signature == signature_of(receiver.bodies[0], Secret("hunter2"))
    assert signature != signature_of(receiver.bodies[0], Secret("hunter3"))


def test_pagerduty_gets_one_alert_for_one_message() -> None:
    receiver = told(pagerduty, 202)
    assert receiver.paths == ["/v2/enqueue"]
    body = json.loads(receiver.bodies[0])
    assert (body["event_action"], body["dedup_key"]) == ("trigger", "tradewind-desk-77")
    assert body["payload"]["severity"] == "critical"
    assert body["payload"]["timestamp"] == "2026-01-01T00:00:00+00:00"


def test_telegram_tells_every_chat_and_none_twice() -> None:
    receiver = Receiver(200, 500, 200)

    async def send() -> None:
        async with served(receiver.handle) as address:
            channel = telegram(f"http://{address}")
            with pytest.raises(OutsideError) as caught:
                await channel.send(MESSAGE)
            assert caught.value.retry
            await channel.send(MESSAGE)
            await channel.close()

    asyncio.run(send())
    assert receiver.paths == ["/bot7:hunter2/sendMessage"] * 3
    assert [json.loads(body)["chat_id"] for body in receiver.bodies] == ["42", "-7", "-7"]


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(
    ("status", "retry"), [(500, True), (429, True), (404, False), (302, False)]
)
def test_a_refusal_says_nothing_secret_and_whether_to_try_again(
    make: Make, status: int, retry: bool
) -> None:
    with pytest.raises(OutsideError) as caught:
        told(make, status, status)
    assert caught.value.retry is retry
    assert f"it answered {status}" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("make", ALL)
def test_a_receiver_that_is_gone_may_be_tried_again(make: Make) -> None:
    channel = make("http://127.0.0.1:1")

    async def send() -> None:
        try:
            await channel.send(MESSAGE)
        finally:
            await channel.close()

    with pytest.raises(OutsideError) as caught:
        asyncio.run(send())
    assert caught.value.retry
    assert "hunter2" not in str(caught.value)


def test_a_receiver_that_never_answers_is_given_up() -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async def send() -> None:
        async with served(never) as address:
            poster = Poster("webhook", "anywhere", deadline_s=0.2)
            try:
                await poster.post(f"http://{address}/", {})
            finally:
                await poster.close()

    with pytest.raises(OutsideError, match="TimeoutError"):
        asyncio.run(send())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/hook",
        "https://[fd00::1]/hook",
        "https://0.0.0.0/hook",
        "https://user@example.com/hook",
        "file:///etc/passwd",
        "https:///hook",
    ],
)
def test_an_address_inside_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(OutsideError) as caught:
        check_url(url, "public")
    assert not caught.value.retry


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_an_address_outside_is_taken(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(host: str) -> None:
    async def send() -> None:
        poster = Poster("webhook", "public", deadline_s=5)
        try:
            await poster.post(f"https://{host}:9/hook", {})
        finally:
            await poster.close()

    with pytest.raises(OutsideError) as caught:
        asyncio.run(send())
    assert not caught.value.retry
    assert "is not a public address" in str(caught.value) or "no address" in str(caught.value)


def test_what_is_written_to_the_bot_is_answered_once_in_its_chat() -> None:
    updates = [
        {"update_id": 7, "message": {"date": 5, "chat": {"id": 42}, "text": "/status"}},
        {"update_id": 8, "message": {"date": 6, "chat": {"id": 42}}},
        {"update_id": 9, "edited_message": {}},
    ]
    asked: list[dict[str, Any]] = []
    written: list[dict[str, Any]] = []
    kept: list[int] = []
    done = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if request.path.endswith("sendMessage"):
            written.append(body)
            return web.json_response({"ok": True})
        asked.append(body)
        if len(asked) == 1:
            return web.Response(status=502)
        if len(asked) > 3:
            done.set()
            await asyncio.sleep(60)
        # the second answer repeats what was seen already
        return web.json_response({"ok": True, "result": updates})

    async def answer(number: int, chat: str, time_s: int, text: str) -> str:
        assert kept[-1] == number + 1, "kept before it is acted on"
        return f"{number} {chat} {time_s} {text}"

    async def talk(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tradewind.adapters.notify.telegram.RETRY_S", 0.01)
        async with served(handle) as address:
            bot = TelegramBot(Secret("7:hunter2"), "anywhere", f"http://{address}")
            listening = asyncio.create_task(listen(bot, 0, answer, kept.append))
            await asyncio.wait_for(done.wait(), 30)
            listening.cancel()
            await bot.close()

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(talk(patch))
    assert written == [{"chat_id": "42", "text": "7 42 5 /status"}]
    assert kept == [8, 9, 10]
    assert [body["offset"] for body in asked] == [0, 0, 10, 10]
