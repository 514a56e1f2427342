"""The role worker: works jobs off, so that no process that trades or serves has to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tradewind.gateway.job_runner import JobRunner
from tradewind.model.errors import UserError
from tradewind.runtime.read_models import Metric
from tradewind.runtime.role_server import RoleServer
from tradewind.wiring import catalog
from tradewind.wiring.brokers import job_store, kind_slots
from tradewind.wiring.gateway_app import security_database
from tradewind.wiring.role_place import WORKER, role_port
from tradewind.wiring.settings import Settings


class WorkerRole:
    """One of any number of workers over the same `DATABASE_URL`; each may die at any moment.

    What a dead one had begun is begun again once its lease of the job has run out.
    """

    def __init__(self, settings: Settings) -> None:
        if settings[catalog.JOB_SLOTS] == 0:
            raise UserError("jobs.slots is 0: set MAX_WORKERS to how many jobs a worker runs")
        self._settings = settings
        self._runner: JobRunner | None = None

    async def run(self, stop: asyncio.Event, on_ready: Callable[[int], None]) -> None:
        """Work until told to stop; what runs then goes back to the queue.

        `on_ready` is told the port of /health.
        """
        settings = self._settings
        server = RoleServer(WORKER, self._reasons, self._metrics)
        port = await server.start_near(settings[catalog.HOST], role_port(settings, WORKER))
        try:
            with security_database(settings) as database:
                self._runner = JobRunner(
                    job_store(settings, database),
                    settings[catalog.HOME],
                    slots=settings[catalog.JOB_SLOTS],
                    kind_slots=kind_slots(settings),
                )
                self._runner.start()
                on_ready(port)
                await stop.wait()
                await self._runner.stop()
        finally:
            await server.close()

    def _reasons(self) -> list[str]:
        if self._runner is None:
            return ["the database of jobs is being opened"]
        return [self._runner.complaint] if self._runner.complaint else []

    def _metrics(self) -> list[Metric]:
        if self._runner is None:
            return []
        running = float(self._runner.running_count)
        return [
            Metric("jobs_running", "gauge", "Jobs that this worker runs.", running),
            *(
                Metric("jobs_ended_total", "counter", "Jobs that ended here.", float(count), state)
                for state, count in self._runner.ended()
            ),
        ]
