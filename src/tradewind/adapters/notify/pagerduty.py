"""PagerDuty: an alert through Events API v2; the same halt told twice is one alert."""

from __future__ import annotations

from datetime import UTC, datetime

from tradewind.adapters.net.secret import Secret
from tradewind.adapters.notify.posting import Poster
from tradewind.adapters.notify.targets import Reach
from tradewind.ports.notifications import Level, Message

ADDRESS = "https://events.pagerduty.com"
SUMMARY_LENGTH_MAX = 1_024
SEVERITIES = {Level.INFO: "info", Level.WARNING: "warning", Level.CRITICAL: "critical"}


class PagerDutyChannel:
    """Triggers an alert a message; `source` says which installation speaks."""

    name = "pagerduty"

    def __init__(self, routing_key: Secret, source: str, reach: Reach, address: str = "") -> None:
        self._routing_key = routing_key
        self._source = source
        self._address = address or ADDRESS
        self._poster = Poster(self.name, reach)

    async def send(self, message: Message) -> None:
        """Tell it."""
        moment = datetime.fromtimestamp(message.time_ns // 10**9, UTC)
        body = {
            "routing_key": self._routing_key.reveal(),
            "event_action": "trigger",
            "dedup_key": f"tradewind-{self._source}-{message.sequence}",
            "payload": {
                "summary": message.text[:SUMMARY_LENGTH_MAX],
                "source": self._source,
                "severity": SEVERITIES[message.level],
                "timestamp": moment.isoformat(),
                "custom_details": {"counts": message.counts, "lines": list(message.lines)},
            },
        }
        await self._poster.post(f"{self._address}/v2/enqueue", body)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._poster.close()
