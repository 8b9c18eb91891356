"""A job's life as server-sent events. Every event carries the whole job, so none is missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from emolib.web.jobs import Job
from emolib.web.queue import JobQueue

HEARTBEAT_S = 10.0
PAUSE_S = 0.1  # at most so many events: whoever is slow gets fewer, not older ones


async def events(job: Job, queue: JobQueue) -> AsyncIterator[str]:
    """Lines of `text/event-stream` until the job has ended or the server stops."""
    job.watchers += 1
    looked, last = False, ""
    try:
        yield "retry: 2000\n\n"
        while True:
            changed = job.changed  # taken before the view: a change in between is not lost
            last_one = job.final or queue.closing
            name, view = job.state, queue.view(job).model_dump_json()
            if not job.final:
                first_look = job.has_preview and not looked
                looked = looked or first_look
                name = "preview" if first_look else "progress" if job.held else "queued"
            if view != last:
                yield f"event: {name}\ndata: {view}\n\n"
                last = view
            if last_one:
                return
            await asyncio.sleep(PAUSE_S)
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield ": still here\n\n"
    finally:
        job.watchers -= 1
        job.touch()
