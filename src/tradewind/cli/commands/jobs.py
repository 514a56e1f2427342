"""`tradewind jobs`: long work in a queue, asked for, watched, canceled, scheduled, worked off."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tradewind.cli.main import EXIT_FAILED, EXIT_OK
from tradewind.cli.output import add_json_option, note, print_answer
from tradewind.gateway.job_requests import SCHEMAS, checked, job_of
from tradewind.gateway.job_runner import JobRunner, JobStore
from tradewind.gateway.routes.jobs import job_detail
from tradewind.model.errors import UserError
from tradewind.ports.jobs import HIGH, LOW, NORMAL, Job, Schedule
from tradewind.wiring import catalog
from tradewind.wiring.brokers import job_store, kind_slots
from tradewind.wiring.gateway_app import security_database
from tradewind.wiring.settings import Settings, load_settings

EXAMPLE = "tradewind jobs submit statement '{}'"
PRIORITIES = {"low": LOW, "normal": NORMAL, "high": HIGH}
UNITS_S = {"m": 60, "h": 3600, "d": 86_400}
SHOWN_MAX = 1_000
NAME_LENGTH_MAX = 64
USER_ID = "command line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `show`, `cancel`, `submit`, `schedule`, `schedules`, `unschedule`, `work`."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the newest jobs of everybody, newest first")
    listing.add_argument("--limit", type=int, default=50, help="default: 50, at most 1000")
    listing.add_argument("--kind", default="", help="of one kind only")
    showing = actions.add_parser("show", help="one job with its log and result")
    canceling = actions.add_parser("cancel", help="cancel a job that waits or runs")
    submitting = actions.add_parser("submit", help="put a job in the queue")
    submitting.add_argument("--key", default="", help="asked for twice with a key, it runs once")
    scheduling = actions.add_parser("schedule", help="put a job in the queue again and again")
    scheduling.add_argument("--name", required=True, help="of the schedule; replaces one of it")
    scheduling.add_argument("--every", required=True, help="like 30m, 4h, 1d")
    scheduling.add_argument("--at", default="", metavar="HH:MM", help="first time, UTC; else now")
    schedules = actions.add_parser("schedules", help="what is put in the queue, and when next")
    unscheduling = actions.add_parser("unschedule", help="forget a schedule")
    unscheduling.add_argument("name")
    working = actions.add_parser("work", help="work jobs off until ended, as the gateway does")
    for action, answer in (
        (listing, list_jobs), (showing, show), (canceling, cancel), (submitting, submit),
        (scheduling, schedule), (schedules, list_schedules), (unscheduling, unschedule),
        (working, work),
    ):  # fmt: skip
        action.set_defaults(action=answer)
        add_json_option(action)
    for action in (showing, canceling):
        action.add_argument("job_id")
    for action in (submitting, scheduling):
        action.add_argument("kind", choices=sorted(SCHEMAS))
        action.add_argument("request", help="JSON, as the API's route of the kind takes it")
        action.add_argument("--priority", choices=PRIORITIES, default="normal")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    return int(arguments.action(arguments))


def list_jobs(arguments: argparse.Namespace) -> int:
    """Print the newest jobs."""
    if not 1 <= arguments.limit <= SHOWN_MAX:
        raise UserError(f"--limit: {arguments.limit} is not from 1 to {SHOWN_MAX}")
    with store_of(load_settings()) as store:
        found = store.jobs.jobs(kind=arguments.kind, before=0, limit=arguments.limit)
    if not found:
        note("no jobs: ask for one with `tradewind jobs submit`")
    if arguments.json:
        print_answer({job.job_id: shown(job) for job in found}, arguments)
    else:
        print_answer({job.job_id: line_of(job) for job in found}, arguments)
    return EXIT_OK


def show(arguments: argparse.Namespace) -> int:
    """Print one job."""
    with store_of(load_settings()) as store:
        job = job_named(store, arguments.job_id)
    print_answer(shown(job), arguments)
    return EXIT_OK


def cancel(arguments: argparse.Namespace) -> int:
    """Cancel what waits at once; who runs it ends it within seconds."""
    with store_of(load_settings()) as store:
        job_named(store, arguments.job_id)
        store.jobs.ask_cancel(arguments.job_id, time.time_ns())
        job = job_named(store, arguments.job_id)
    print_answer({"job_id": job.job_id, "state": job.state.value}, arguments)
    return EXIT_OK


def submit(arguments: argparse.Namespace) -> int:
    """Put a job in the queue; the same one where the key was used before."""
    settings = load_settings()
    wanted = job_of(
        arguments.kind,
        checked(arguments.kind, arguments.request),
        user_id=USER_ID,
        user_name=getpass.getuser(),
        key=arguments.key or secrets.token_hex(16),
        now_ns=time.time_ns(),
        priority=PRIORITIES[arguments.priority],
    )
    with store_of(settings) as store:
        store.jobs.add(wanted)
        job = job_named(store, wanted.job_id)
    if (job.kind, job.request) != (wanted.kind, wanted.request):
        raise UserError(f"--key: {arguments.key!r} was used for another request: take a new one")
    print_answer({"job_id": job.job_id, "state": job.state.value}, arguments)
    return EXIT_OK


def schedule(arguments: argparse.Namespace) -> int:
    """Keep a schedule."""
    if not 1 <= len(arguments.name) <= NAME_LENGTH_MAX:
        raise UserError(f"--name: give it 1 to {NAME_LENGTH_MAX} characters")
    one = Schedule(
        name=arguments.name,
        kind=arguments.kind,
        user_id=USER_ID,
        user_name=getpass.getuser(),
        request=checked(arguments.kind, arguments.request),
        every_s=seconds_of(arguments.every),
        next_time_ns=first_time_ns(arguments.at, datetime.now(UTC)),
        priority=PRIORITIES[arguments.priority],
    )
    with store_of(load_settings()) as store:
        store.schedules.put(one)
    print_answer({"name": one.name, "next_time_ns": one.next_time_ns}, arguments)
    return EXIT_OK


def list_schedules(arguments: argparse.Namespace) -> int:
    """Print what is scheduled."""
    with store_of(load_settings()) as store:
        found = store.schedules.schedules()
    if not found:
        note("nothing is scheduled: `tradewind jobs schedule` adds what is to be done again")
    if arguments.json:
        answer: dict[str, Any] = {
            one.name: {
                "kind": one.kind, "every_s": one.every_s, "next_time_ns": one.next_time_ns,
                "request": one.request,
            }
            for one in found
        }  # fmt: skip
    else:
        answer = {
            one.name: f"{one.kind}  every {one.every_s} s, next {moment(one.next_time_ns)}"
            for one in found
        }
    print_answer(answer, arguments)
    return EXIT_OK


def unschedule(arguments: argparse.Namespace) -> int:
    """Forget a schedule."""
    with store_of(load_settings()) as store:
        if not store.schedules.remove(arguments.name):
            raise UserError(
                f"there is no schedule {arguments.name!r}: see `tradewind jobs schedules`"
            )
    print_answer({"removed": arguments.name}, arguments)
    return EXIT_OK


def work(arguments: argparse.Namespace) -> int:
    """Work jobs off until a signal to end comes; what runs then goes back to the queue."""
    settings = load_settings()
    if settings[catalog.JOB_SLOTS] == 0:
        raise UserError("jobs.slots is 0: set MAX_WORKERS to how many jobs run at once")
    with store_of(settings) as store:
        runner = JobRunner(
            store,
            settings[catalog.HOME],
            slots=settings[catalog.JOB_SLOTS],
            kind_slots=kind_slots(settings),
        )
        return asyncio.run(worked(runner))


async def worked(runner: JobRunner) -> int:
    """Run the runner until told to end, and say what keeps it from its work."""
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    runner.start()
    note("taking jobs; ctrl-c ends it")
    said = ""
    while not ending.is_set():
        if runner.complaint != said:
            said = runner.complaint
            note(said or "taking jobs again")
        try:
            async with asyncio.timeout(1):
                await ending.wait()
        except TimeoutError:
            continue
    await runner.stop()
    return EXIT_FAILED if said else EXIT_OK


@contextmanager
def store_of(settings: Settings) -> Iterator[JobStore]:
    """The jobs of the settings."""
    with security_database(settings) as database:
        yield job_store(settings, database)


def job_named(store: JobStore, job_id: str) -> Job:
    """A job by its id; `UserError` where there is none."""
    job = store.jobs.job(job_id)
    if job is None:
        raise UserError(f"there is no job {job_id!r}: see `tradewind jobs list`")
    return job


def shown(job: Job) -> dict[str, Any]:
    """A job as the API shows it, and what came with the queue."""
    more = {"priority": job.priority, "due_time_ns": job.due_time_ns}
    return job_detail(job) | more | {"attempts_max": job.attempts_max}


def line_of(job: Job) -> str:
    """A job in a line."""
    share = f"{job.progress / 10:.0f} %"
    made = moment(job.created_time_ns)
    return f"{made}  {job.state.value:<8}  {share:>5}  {job.kind}  {job.user_name}  {job.message}"


def moment(time_ns: int) -> str:
    """A time for people, in UTC.

    >>> moment(0)
    '1970-01-01 00:00:00+00:00'
    """
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(" ", "seconds")


def seconds_of(text: str) -> int:
    """The seconds of a distance in time; `UserError` where it is none.

    >>> seconds_of("4h")
    14400
    """
    count, unit = text[:-1], text[-1:]
    if (
        unit not in UNITS_S
        or not count.isascii()
        or not count.isdigit()
        or not 0 < int(count) < 1000
    ):
        raise UserError(f"--every: {text!r} is no distance in time: write 30m, 4h or 1d")
    return int(count) * UNITS_S[unit]


def first_time_ns(text: str, now: datetime) -> int:
    """The next such time of day; now without one.

    >>> moment(first_time_ns("02:00", datetime(2026, 1, 1, 3, tzinfo=UTC)))
    '2026-01-02 02:00:00+00:00'
    """
    if not text:
        return int(now.timestamp()) * 10**9
    try:
        at = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007
    except ValueError:
        raise UserError(f"--at: {text!r} is no time of day: write 02:00, in UTC") from None
    first = datetime.combine(now.date(), at, UTC)
    return int((first if first > now else first + timedelta(days=1)).timestamp()) * 10**9
