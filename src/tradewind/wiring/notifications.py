"""The notifier built from the settings: as a command, and as the process beside a run."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.discord import DiscordChannel
from tradewind.adapters.notify.email import EmailChannel, MailServer, Security
from tradewind.adapters.notify.pagerduty import PagerDutyChannel
from tradewind.adapters.notify.slack import SlackChannel
from tradewind.adapters.notify.targets import Reach
from tradewind.adapters.notify.telegram import TelegramBot, TelegramChannel, listen
from tradewind.adapters.notify.webhook import WebhookChannel
from tradewind.model.errors import UserError
from tradewind.ports.notifications import Channel, Level, Message
from tradewind.runtime.chat_commands import ChatCommands
from tradewind.runtime.control_client import ask
from tradewind.runtime.notifier import Notifier
from tradewind.runtime.outbox import Outbox, QuietHours
from tradewind.wiring import catalog
from tradewind.wiring import notify_settings as names
from tradewind.wiring.journals import journal_place
from tradewind.wiring.records import RecordsPlace
from tradewind.wiring.setting import Setting
from tradewind.wiring.settings import Settings

LOG = logging.getLogger("tradewind.notify")
OFFSET_NAME = "telegram.json"
JOURNAL_WAIT_S = 0.5
STOP_DEADLINE_S = 5.0
ENDED = b"ended\n"
"""Told to the process beside a run that ends in order; without it the run has crashed."""
CRASHED = "the platform's process ended unexpectedly"


def channels_of(settings: Settings) -> list[Channel]:
    """The channels that are set; `UserError` where one is set by half."""
    reach: Reach = "anywhere" if settings[names.ALLOW_PRIVATE] else "public"
    found: list[Channel] = []
    if settings[names.TELEGRAM_TOKEN]:
        _need(settings[names.TELEGRAM_CHATS], names.TELEGRAM_CHATS)
        found.append(TelegramChannel(_bot(settings, reach), settings[names.TELEGRAM_CHATS]))
    if settings[names.SLACK_WEBHOOK]:
        found.append(SlackChannel(_secret(settings, names.SLACK_WEBHOOK), reach))
    if settings[names.DISCORD_WEBHOOK]:
        found.append(DiscordChannel(_secret(settings, names.DISCORD_WEBHOOK), reach))
    if settings[names.SMTP_HOST]:
        found.append(EmailChannel(_mail_server(settings)))
    if settings[names.WEBHOOK_URL]:
        url, secret = (_secret(settings, n) for n in (names.WEBHOOK_URL, names.WEBHOOK_SECRET))
        found.append(WebhookChannel(url, secret, reach))
    if settings[names.PAGERDUTY_KEY]:
        key, source = _secret(settings, names.PAGERDUTY_KEY), settings[names.NOTIFY_NAME]
        address = settings[names.PAGERDUTY_ADDRESS]
        found.append(PagerDutyChannel(key, source, reach, address))
    return found


async def try_channel(settings: Settings, name: str) -> None:
    """Send a test message over one channel; its error says what is wrong."""
    if name not in names.CHANNELS:
        raise UserError(f"there is no channel {name!r}: choose from {', '.join(names.CHANNELS)}")
    channel = next((one for one in channels_of(settings) if one.name == name), None)
    if channel is None:
        raise UserError(f"the channel {name} is not set: see docs/operations/notifications.md")
    text = f"Tradewind test: {settings[names.NOTIFY_NAME]} can tell you what happens"
    try:
        await channel.send(Message(text, (), Level.INFO, {}, time.time_ns(), time.time_ns()))
    finally:
        await channel.close()


async def notify(settings: Settings, stop: asyncio.Event, crashed: asyncio.Event) -> None:
    """Tell the channels what the journal says until `stop`; where `crashed` is set, that too."""
    home = settings[catalog.HOME]
    channels = channels_of(settings)
    place = journal_place(settings)
    while not place.is_there and not stop.is_set():
        await asyncio.sleep(JOURNAL_WAIT_S)
    if stop.is_set():
        return
    notifier = Notifier(home, place.read, RecordsPlace(place).read)
    told, end = await asyncio.to_thread(notifier.kept)
    outboxes = [_outbox(settings, one, told.channels.get(one.name, end)) for one in channels]
    async with _listening(settings):
        following = asyncio.create_task(notifier.run(outboxes))
        await asyncio.wait(
            [following, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        if crashed.is_set():
            await notifier.say(CRASHED)
        else:
            await asyncio.gather(*(outbox.flush() for outbox in outboxes))
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        notifier.keep()
    for channel in channels:
        await channel.close()


@contextlib.contextmanager
def notifying(settings: Settings) -> Iterator[None]:
    """The notifier beside a run: a process of its own, which the engine never waits for.

    It is told when the run ends in order; else it says that the run crashed. Without channels
    nothing is started.
    """
    if not channels_of(settings):
        yield
        return
    home = settings[catalog.HOME]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "notify.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tradewind", "notify", "run", "--home", str(home), "--child"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
        with contextlib.suppress(OSError):
            _ended(process, ENDED)
    finally:
        with contextlib.suppress(OSError):
            _ended(process, b"")
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ended(process: subprocess.Popen[bytes], word: bytes) -> None:
    """Say the last word to the process, once."""
    assert process.stdin is not None, "its standard input is a pipe"
    if not process.stdin.closed:
        process.stdin.write(word)
        process.stdin.close()


async def notify_until_signal(settings: Settings) -> None:
    """Notify until this process is told to stop."""
    await notify(settings, _stopped_by_signal(), asyncio.Event())


async def notify_as_child(settings: Settings) -> None:
    """Notify until the parent says that it ends, or is gone."""
    stop, crashed = _stopped_by_signal(), asyncio.Event()
    watching = asyncio.create_task(_watch_parent(stop, crashed))
    await notify(settings, stop, crashed)
    watching.cancel()


def _stopped_by_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _watch_parent(stop: asyncio.Event, crashed: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    if await reader.read() != ENDED:
        crashed.set()
    stop.set()


@asynccontextmanager
async def _listening(settings: Settings) -> AsyncIterator[None]:
    """Obey the chats meanwhile, where the settings say so."""
    if not (settings[names.TELEGRAM_TOKEN] and settings[names.TELEGRAM_COMMANDS]):
        yield
        return
    home = settings[catalog.HOME]
    bot = _bot(settings, "anywhere" if settings[names.ALLOW_PRIVATE] else "public")
    commands = ChatCommands(
        settings[names.TELEGRAM_CHATS],
        ask=lambda request: ask(home, request),
        note=_Trail(settings).note,
        now_s=time.time,
        code=lambda: f"{secrets.randbelow(10_000):04d}",
    )
    file = home / OFFSET_NAME
    offset = _offset(file)
    obeying = asyncio.create_task(
        listen(bot, offset, commands.answer, lambda number: _keep_offset(file, number))
    )
    try:
        yield
    finally:
        obeying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await obeying
        await bot.close()


class _Trail:
    """The audit trail, where its database can be had; the log has every entry as well."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def note(self, actor: str, action: str, target: str, outcome: str) -> None:
        """Write an entry."""
        LOG.info("audit actor=%s action=%s target=%s outcome=%s", actor, action, target, outcome)
        if not importlib.util.find_spec("sqlalchemy"):
            return
        # Here and not above: who only reads needs no database.
        from tradewind.adapters.sql.audit import SqlAudit
        from tradewind.ports.audit import NewEntry
        from tradewind.wiring.gateway_app import security_database

        with security_database(self._settings) as database:
            SqlAudit(database).append_all(
                [
                    NewEntry(
                        time_ns=time.time_ns(),
                        actor=actor,
                        action=action,
                        target=target,
                        outcome=outcome,
                        address="telegram",
                        detail="{}",
                    )
                ]
            )


def _outbox(settings: Settings, channel: Channel, told: int) -> Outbox:
    own = dict(pair.split("=") for pair in settings[names.CHANNEL_LEVELS])
    level = Level[own.get(channel.name, settings[names.LEVEL]).upper()]
    quiet = QuietHours()
    if settings[names.QUIET_HOURS]:
        begins, ends = settings[names.QUIET_HOURS][0].split("-")
        quiet = QuietHours(_minute(begins), _minute(ends))
    return Outbox(channel, level=level, quiet=quiet, told=told, now_ns=time.time_ns)


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _bot(settings: Settings, reach: Reach) -> TelegramBot:
    return TelegramBot(
        _secret(settings, names.TELEGRAM_TOKEN), reach, settings[names.TELEGRAM_ADDRESS]
    )


def _mail_server(settings: Settings) -> MailServer:
    _need(settings[names.EMAIL_FROM], names.EMAIL_FROM)
    _need(settings[names.EMAIL_TO], names.EMAIL_TO)
    security: Security = "starttls"
    if settings[names.SMTP_SECURITY] != "starttls":
        security = "tls" if settings[names.SMTP_SECURITY] == "tls" else "none"
    if security == "none" and not settings[names.ALLOW_PRIVATE]:
        raise UserError(
            "smtp.security is none: mail would travel in the open; use starttls, or set "
            "notify.allow_private for a server of your own network"
        )
    ca_file = settings[names.SMTP_CA_FILE]
    return MailServer(
        settings[names.SMTP_HOST],
        settings[names.SMTP_PORT],
        security,
        settings[names.SMTP_USER],
        _secret(settings, names.SMTP_PASSWORD),
        settings[names.EMAIL_FROM],
        settings[names.EMAIL_TO],
        Path(ca_file) if ca_file else None,
    )


def _need(value: object, setting: Setting[Any]) -> None:
    if not value:
        raise UserError(f"{setting.name} is not set: set {setting.variables[0]}")


def _secret(settings: Settings, setting: Setting[str]) -> Secret:
    return Secret(settings[setting])


def _offset(file: Path) -> int:
    try:
        return msgspec.json.decode(file.read_bytes(), type=int)
    except (FileNotFoundError, msgspec.MsgspecError):
        return 0


def _keep_offset(file: Path, number: int) -> None:
    beside = file.with_suffix(".new")
    beside.write_bytes(msgspec.json.encode(number))
    beside.replace(file)
