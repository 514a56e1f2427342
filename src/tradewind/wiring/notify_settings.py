"""Settings of notifications: channels, whom they tell, how much, and when not."""

from __future__ import annotations

from typing import Any

from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.setting import Setting

LEVELS = ("info", "warning", "critical")
CHANNELS = ("telegram", "slack", "discord", "email", "webhook", "pagerduty")


def _text(name: str, variable: str, meaning: str, default: str = "") -> Setting[str]:
    return Setting(name, (variable,), kinds.text(), default, meaning)


def _secret(name: str, variable: str, meaning: str) -> Setting[str]:
    return Setting(name, (variable,), kinds.text(), "", meaning, secret=True)


LEVEL: Setting[str] = Setting(
    "notify.level",
    ("NOTIFY_LEVEL",),
    kinds.choice(*LEVELS),
    "warning",
    "The least that people are told of: `info` is fills and starts, `warning` denials and "
    "rejections, `critical` halts, failures, lost venues and differences.",
)
CHANNEL_LEVELS: Setting[tuple[str, ...]] = Setting(
    "notify.channel_levels",
    ("NOTIFY_CHANNEL_LEVELS",),
    kinds.names(rf"({'|'.join(CHANNELS)})=({'|'.join(LEVELS)})", "telegram=info"),
    "pagerduty=critical",
    "Channels with another level, like `telegram=info,pagerduty=critical`.",
)
QUIET_HOURS: Setting[tuple[str, ...]] = Setting(
    "notify.quiet_hours",
    ("NOTIFY_QUIET_HOURS",),
    kinds.names(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]", "22:00-06:30"),
    "",
    "A stretch of each day, in UTC, in which only what is critical is told; the rest waits.",
)
ALLOW_PRIVATE: Setting[bool] = Setting(
    "notify.allow_private",
    ("NOTIFY_ALLOW_PRIVATE",),
    kinds.switch(),
    "false",
    "Lets channels be at private or loopback addresses, over plain HTTP too.",
)
TELEGRAM_TOKEN = _secret("telegram.token", "TELEGRAM_TOKEN", "Token of the Telegram bot.")
TELEGRAM_CHATS: Setting[tuple[str, ...]] = Setting(
    "telegram.chats",
    ("TELEGRAM_CHATS",),
    kinds.names(r"-?[0-9]{1,20}", "123456789"),
    "",
    "Chats that are told, and that may command: ids with commas between them.",
)
TELEGRAM_COMMANDS: Setting[bool] = Setting(
    "telegram.commands",
    ("TELEGRAM_COMMANDS",),
    kinds.switch(),
    "false",
    "Whether these chats may write /status, /profit, /balance, /stop and /forceexit.",
)
TELEGRAM_ADDRESS = _text(
    "telegram.address", "TELEGRAM_ADDRESS", "Another place than `https://api.telegram.org`."
)
SLACK_WEBHOOK = _secret("slack.webhook", "SLACK_WEBHOOK", "Address of the incoming webhook.")
DISCORD_WEBHOOK = _secret("discord.webhook", "DISCORD_WEBHOOK", "Address of the webhook.")
WEBHOOK_URL = _secret("webhook.url", "WEBHOOK_URL", "Address that is told in JSON.")
WEBHOOK_SECRET = _secret("webhook.secret", "WEBHOOK_SECRET", "Signs what the address is told.")
PAGERDUTY_KEY = _secret("pagerduty.key", "PAGERDUTY_KEY", "Integration key of Events API v2.")
PAGERDUTY_ADDRESS = _text(
    "pagerduty.address", "PAGERDUTY_ADDRESS", "Another place than `https://events.pagerduty.com`."
)
NOTIFY_NAME = _text(
    "notify.name", "NOTIFY_NAME", "What this installation is called in alerts.", "tradewind"
)
SMTP_HOST = _text("smtp.host", "SMTP_HOST", "Mail server that takes notifications.")
SMTP_PORT: Setting[int] = Setting(
    "smtp.port", ("SMTP_PORT",), kinds.integer(least=1, most=65535), "587", "Its port."
)
SMTP_SECURITY: Setting[str] = Setting(
    "smtp.security",
    ("SMTP_SECURITY",),
    kinds.choice("starttls", "tls", "none"),
    "starttls",
    "How the connection is secured: `tls` from the first byte, mostly on port 465.",
)
SMTP_USER = _text("smtp.user", "SMTP_USER", "User of the mail server; empty: no login.")
SMTP_PASSWORD = _secret("smtp.password", "SMTP_PASSWORD", "Password of that user.")
SMTP_CA_FILE = _text(
    "smtp.ca_file", "SMTP_CA_FILE", "Certificates to trust instead of the system's."
)
EMAIL_FROM = _text("email.from", "EMAIL_FROM", "Sender of notifications.")
EMAIL_TO: Setting[tuple[str, ...]] = Setting(
    "email.to",
    ("EMAIL_TO",),
    kinds.names(r"[^@\s,]+@[^@\s,]+", "desk@example.com"),
    "",
    "Receivers of notifications, with commas between them.",
)

NOTIFY_SETTINGS: tuple[Setting[Any], ...] = (
    LEVEL,
    CHANNEL_LEVELS,
    QUIET_HOURS,
    ALLOW_PRIVATE,
    NOTIFY_NAME,
    TELEGRAM_TOKEN,
    TELEGRAM_CHATS,
    TELEGRAM_COMMANDS,
    TELEGRAM_ADDRESS,
    SLACK_WEBHOOK,
    DISCORD_WEBHOOK,
    WEBHOOK_URL,
    WEBHOOK_SECRET,
    PAGERDUTY_KEY,
    PAGERDUTY_ADDRESS,
    SMTP_HOST,
    SMTP_PORT,
    SMTP_SECURITY,
    SMTP_USER,
    SMTP_PASSWORD,
    SMTP_CA_FILE,
    EMAIL_FROM,
    EMAIL_TO,
)


WANTED: tuple[Setting[str], ...] = (
    TELEGRAM_TOKEN,
    SLACK_WEBHOOK,
    DISCORD_WEBHOOK,
    SMTP_HOST,
    WEBHOOK_URL,
    PAGERDUTY_KEY,
)
"""Where one of them is set, there is a channel."""
