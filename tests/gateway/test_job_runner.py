"""Jobs whose tickets are in the database."""

from __future__ import annotations

from tests.gateway.job_cases import JobCases
from tradewind.adapters.sql.broker import SqlBroker
from tradewind.ports.broker import Broker


class TestJobsInTheDatabase(JobCases):
    def new_broker(self) -> Broker:
        return SqlBroker(self.engine)
