"""The broker that the settings name."""

from __future__ import annotations

from importlib import import_module

from tradewind.model.errors import UserError
from tradewind.ports.broker import Broker
from tradewind.wiring import catalog
from tradewind.wiring.settings import Settings


def open_broker(settings: Settings, name: str) -> Broker:
    """RabbitMQ under a name that its management pages show; `UserError` where none is set."""
    url = settings[catalog.RABBITMQ_URL]
    if not url:
        raise UserError(
            "queues are inside of the gateway's process here: set RABBITMQ_URL to keep them in "
            "RabbitMQ, where they can be looked at"
        )
    try:
        module = import_module("tradewind.adapters.rabbitmq.broker")
    except ModuleNotFoundError:
        raise UserError("RABBITMQ_URL is set: install tradewind[rabbitmq] for it") from None
    broker: Broker = module.RabbitBroker(url, name=name)
    return broker
