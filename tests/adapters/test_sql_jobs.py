"""Jobs in a SQL database: claimed once, given back, never begun too often."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, delete

from tests.servers.postgres_server import running_postgres
from tradewind.adapters.sql.database import open_database, sqlite_url, writing
from tradewind.adapters.sql.inbox import KEPT_NS
from tradewind.adapters.sql.jobs import SqlJobs
from tradewind.adapters.sql.outbox import SqlOutbox
from tradewind.adapters.sql.queue_tables import INBOX, OUTBOX
from tradewind.adapters.sql.tables import JOBS
from tradewind.ports.jobs import (
    ATTEMPTS_MAX,
    BUSY_NS,
    HIGH,
    LOG_BYTES_MAX,
    LOW,
    NORMAL,
    Job,
    JobState,
)

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def postgres_engine() -> Iterator[Engine]:
    with running_postgres() as server:
        engine = open_database(server.new_database())
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without jobs and tickets."""
    if request.param == "sqlite":
        engine = open_database(sqlite_url(tmp_path / "security.db"))
        yield engine
        engine.dispose()
        return
    found: Engine = request.getfixturevalue("postgres_engine")
    with writing(found) as connection:
        for table in (JOBS, OUTBOX, INBOX):
            connection.execute(delete(table))
    yield found


@pytest.fixture
def jobs(engine: Engine) -> SqlJobs:
    return SqlJobs(engine)


def job(job_id: str, user_id: str = "u1", **fields: Any) -> Job:
    return Job(
        job_id=job_id, kind="backtest", user_id=user_id, user_name="ann", request="{}", **fields
    )


def claim(
    jobs: SqlJobs,
    job_id: str = "one",
    owner: str = "a",
    now_ns: int = 10,
    slots: int = 4,
    ticket: str = "",
) -> Job | None:
    """Claim a job with a ticket that was never there before, or with one by its id."""
    return jobs.claim(
        job_id,
        owner,
        ticket=ticket or f"ticket {next(NUMBERS)}",
        now_ns=now_ns,
        until_ns=now_ns + 10,
        slots=slots,
        kind_slots={"sweep": 1},
    )


def tickets(engine: Engine, now_ns: int) -> list[str]:
    """The jobs whose tickets are due by then, in their order; the tickets are used up."""
    outbox = SqlOutbox(engine)
    found = outbox.claim(now_ns=now_ns, until_ns=2**62, limit=100)
    outbox.sent([ticket.message_id for ticket in found])
    return [ticket.body.decode() for ticket in found]


def test_a_job_is_claimed_once_and_its_ticket_came_with_it(jobs: SqlJobs, engine: Engine) -> None:
    for name in ("one", "two", "one"):
        jobs.add(job(name))
    assert sorted(tickets(engine, 0)) == ["one", "two"]
    first = claim(jobs)
    assert first is not None
    assert (first.job_id, first.state, first.owner) == ("one", JobState.RUNNING, "a")
    assert claim(jobs, owner="b") is None
    assert claim(jobs, "no such job") is None
    assert tickets(engine, 19) == []
    assert set(tickets(engine, 21)) == {"one"}, "somebody looks when the lease is over"


def test_a_ticket_that_comes_again_begins_nothing(jobs: SqlJobs) -> None:
    """Its job was given back meanwhile: another ticket stands for that."""
    jobs.add(job("one"))
    first = claim(jobs, ticket="t")
    assert first is not None
    assert jobs.finish(msgspec.structs.replace(first, state=JobState.QUEUED))
    assert claim(jobs, ticket="t") is None
    again = claim(jobs, ticket="u")
    assert again is not None
    assert again.attempt == 2


def test_a_ticket_that_found_no_room_may_come_again(jobs: SqlJobs) -> None:
    jobs.add(job("one", due_time_ns=20))
    assert claim(jobs, now_ns=10, ticket="t") is None
    assert claim(jobs, now_ns=20, ticket="t") is not None


def test_old_tickets_are_forgotten(jobs: SqlJobs) -> None:
    for name in ("one", "two"):
        jobs.add(job(name))
    assert claim(jobs, "one", now_ns=10, ticket="old") is not None
    assert claim(jobs, "two", now_ns=KEPT_NS, ticket="young") is not None
    assert jobs.forget_tickets(KEPT_NS + 11) == 1
    assert jobs.forget_tickets(KEPT_NS + 11) == 0


def test_a_ticket_goes_to_the_queue_of_the_jobs_priority(jobs: SqlJobs, engine: Engine) -> None:
    for name, priority in (("one", LOW), ("two", NORMAL), ("three", HIGH)):
        jobs.add(job(name, priority=priority))
    kept = SqlOutbox(engine).claim(now_ns=0, until_ns=1, limit=9)
    queues = {ticket.body.decode(): ticket.queue.rpartition(".")[2] for ticket in kept}
    assert queues == {"one": "low", "two": "normal", "three": "high"}


def test_a_job_is_not_begun_before_it_is_due(jobs: SqlJobs, engine: Engine) -> None:
    jobs.add(job("one", due_time_ns=100))
    assert tickets(engine, 99) == []
    assert claim(jobs, now_ns=99) is None
    assert set(tickets(engine, 100)) == {"one"}
    assert claim(jobs, now_ns=100) is not None


def test_no_more_jobs_run_than_there_are_slots(jobs: SqlJobs, engine: Engine) -> None:
    for name in ("one", "two", "three"):
        jobs.add(job(name))
    tickets(engine, 0)
    assert claim(jobs, "one", slots=2) is not None
    assert claim(jobs, "two", slots=2) is not None
    assert claim(jobs, "three", slots=2) is None
    tickets(engine, 20)
    assert tickets(engine, 10 + BUSY_NS) == ["three"], "it is looked at again"
    assert claim(jobs, "three", slots=3) is not None


def test_no_more_jobs_of_a_kind_run_than_it_may_have(jobs: SqlJobs) -> None:
    for name in ("one", "two"):
        jobs.add(msgspec.structs.replace(job(name), kind="sweep"))
    jobs.add(job("three"))
    assert claim(jobs, "one") is not None
    assert claim(jobs, "two") is None
    assert claim(jobs, "three") is not None


def test_a_job_without_a_sign_of_life_is_begun_again_but_not_too_often(jobs: SqlJobs) -> None:
    jobs.add(job("one"))
    for attempt in range(1, ATTEMPTS_MAX + 1):
        found = claim(jobs, now_ns=100 * attempt)
        assert found is not None
        assert found.attempt == attempt
        assert claim(jobs, now_ns=100 * attempt + 10) is None, "it is alive just so long"
    assert claim(jobs, now_ns=1_000) is None
    ended = jobs.job("one")
    assert ended is not None
    assert (ended.state, "3 times" in ended.message) == (JobState.FAILED, True)


def test_a_job_that_is_given_back_has_a_ticket_for_its_time(jobs: SqlJobs, engine: Engine) -> None:
    jobs.add(job("one"))
    tickets(engine, 0)
    running = claim(jobs)
    assert running is not None
    tickets(engine, 20)
    assert jobs.finish(msgspec.structs.replace(running, state=JobState.QUEUED, due_time_ns=500))
    assert tickets(engine, 499) == []
    assert tickets(engine, 500) == ["one"]


def test_a_lost_ticket_is_offered_again_while_the_job_has_not_ended(
    jobs: SqlJobs, engine: Engine
) -> None:
    for name in ("one", "two", "three"):
        jobs.add(job(name))
    jobs.ask_cancel("three", 1)
    assert claim(jobs, "two") is not None
    tickets(engine, 30)
    jobs.offer_again(15)
    assert tickets(engine, 15) == ["one"]
    assert tickets(engine, 20) == ["two"]


def test_an_owner_that_lost_its_job_writes_nothing_more(jobs: SqlJobs) -> None:
    jobs.add(job("one"))
    first = claim(jobs)
    second = claim(jobs, owner="b", now_ns=50)
    assert first is not None
    assert second is not None
    assert not jobs.keep(msgspec.structs.replace(first, progress=900), until_ns=99)
    assert not jobs.finish(
        msgspec.structs.replace(first, state=JobState.DONE, result='{"wrong": 1}')
    )
    assert jobs.keep(msgspec.structs.replace(second, progress=100), until_ns=99)
    found = jobs.job("one")
    assert found is not None
    assert (found.state, found.progress, found.result) == (JobState.RUNNING, 100, "")


def test_a_cancel_ends_what_waits_and_is_told_to_what_runs(jobs: SqlJobs) -> None:
    for name in ("one", "two"):
        jobs.add(job(name))
    running = claim(jobs)
    assert running is not None
    for name in ("one", "two"):
        jobs.ask_cancel(name, 7)
    waiting = jobs.job("two")
    assert waiting is not None
    assert waiting.state is JobState.CANCELED
    assert not jobs.keep(running, until_ns=99)
    assert claim(jobs, now_ns=500) is None, "nobody begins again what shall not be"
    lost = jobs.job("one")
    assert lost is not None
    assert lost.state is JobState.CANCELED


def test_lists_are_newest_first_of_a_user_and_by_the_page(jobs: SqlJobs) -> None:
    for number in range(5):
        jobs.add(job(f"j{number}", "u1" if number != 2 else "u2"))
    page = jobs.jobs(user_id="u1", before=0, limit=2)
    assert [each.job_id for each in page] == ["j4", "j3"]
    rest = jobs.jobs(user_id="u1", before=page[-1].number, limit=5)
    assert [each.job_id for each in rest] == ["j1", "j0"]
    assert len(jobs.jobs(kind="sweep", before=0, limit=5)) == 0
    assert jobs.counts() == {JobState.QUEUED: 5}


def test_only_the_end_of_a_log_is_kept(jobs: SqlJobs) -> None:
    jobs.add(job("one"))
    running = claim(jobs)
    assert running is not None
    long = "x" * LOG_BYTES_MAX + "end"
    assert jobs.keep(msgspec.structs.replace(running, log=long), until_ns=99)
    found = jobs.job("one")
    assert found is not None
    assert (len(found.log), found.log[-3:]) == (LOG_BYTES_MAX, "end")
