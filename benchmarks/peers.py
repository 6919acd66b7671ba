"""Two job queues on PostgreSQL as their own workers use them: a claim, and what ends the job.

Each claimer has a connection of its own; all of them share one event loop, as is natural to both.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.queries import EntrypointExecutionParameter, Queries
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

AT_ONCE = 10_000  # jobs put in line by one statement


@dataclass(frozen=True)
class Claimer:
    claim: Callable[[], Awaitable[Any]]  # a job with its `id`
    finish: Callable[[list[Any]], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


async def procrastinate_line(url: str, jobs: int) -> None:
    """Make the tables, and put jobs of five priorities in line."""
    async with App(connector=PsycopgConnector(conninfo=url)).open_async() as app:
        await app.schema_manager.apply_schema_async()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args)"
            " SELECT 'take', 'take', mod(n, 5), '{}' FROM generate_series(1, %s::int) AS n",
            (jobs,),
        )
        await connection.execute("VACUUM ANALYZE procrastinate_jobs")


async def procrastinate(url: str) -> Claimer:
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=1)
    await connector.open_async()
    jobs = JobManager(connector)
    worker = await jobs.register_worker()

    async def finish(claimed):
        for job in claimed:
            await jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)

    return Claimer(lambda: jobs.fetch_job(["take"], worker), finish, connector.close_async)


async def pgqueuer_line(url: str, jobs: int) -> None:
    """Make the tables, and put jobs of five priorities in line."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        queries = Queries(PsycopgDriver(connection))
        await queries.install()
        for first in range(0, jobs, AT_ONCE):
            many = min(AT_ONCE, jobs - first)
            await queries.enqueue(["take"] * many, [b"{}"] * many, [n % 5 for n in range(many)])
        await connection.execute("VACUUM ANALYZE pgqueuer")


async def pgqueuer(url: str) -> Claimer:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    queries = Queries(PsycopgDriver(connection))
    worker, entry = uuid.uuid4(), {"take": EntrypointExecutionParameter(concurrency_limit=0)}

    async def claim():
        [job] = await queries.dequeue(1, entry, worker, None, timedelta(seconds=60))
        return job

    async def finish(claimed):
        await queries.log_jobs([(job, "successful", None) for job in claimed])

    return Claimer(claim, finish, connection.close)
