"""The parts of one running server, started and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from filelock import FileLock, Timeout

from emolib.base.errors import ResourceError
from emolib.web.catalogue import Catalogue, sample_catalogue
from emolib.web.crew import Crew, worker_command
from emolib.web.intake import Intake
from emolib.web.queue import JobQueue
from emolib.web.settings import ServeSettings
from emolib.web.state import PRIVATE, JobStore


class House:
    """Catalogue, queue, crew and intake of a server.

    Args:
        settings: how it runs.
        commands: device → command of its worker; default: the real one for each device.
        catalogue: what can be picked; default: the sample corpus.
        give_up: called with a sentence when no work is possible.

    Raises:
        ResourceError: the state cannot be kept.
    """

    def __init__(
        self,
        settings: ServeSettings,
        commands: Mapping[str, Sequence[str]] | None = None,
        catalogue: Catalogue | None = None,
        give_up: Callable[[str], None] = lambda why: None,
    ):
        self.settings = settings
        self.catalogue = sample_catalogue() if catalogue is None else catalogue
        if commands is None:
            commands = {
                device: worker_command(settings.checkpoint, device) for device in settings.devices
            }
        self.store = JobStore(settings.state)
        self.queue = JobQueue(self.store, settings.limits)
        self.crew = Crew(
            {device: list(command) for device, command in commands.items()},
            self.queue,
            settings.limits,
            give_up,
        )
        self.intake = Intake(self.queue, self.catalogue, settings.limits)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Workers at work, old things swept; all ended on leaving."""
        tasks = [asyncio.create_task(work) for work in (self.crew.run(), self.queue.keep_tidy())]
        try:
            yield
        finally:
            self.queue.close()
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            self.store.close()


@contextmanager
def lock_state(settings: ServeSettings) -> Iterator[None]:
    """Holds the state folder: one server at a time.

    Raises:
        ResourceError: another server has it, or the folder cannot be written.
    """
    lock = FileLock(settings.state / "server.lock")
    try:
        settings.state.mkdir(PRIVATE, parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ResourceError(
            "another server uses this state", file=settings.state, fix="stop it, or pass --state"
        ) from error
    except OSError as error:
        raise ResourceError(
            f"the state cannot be kept ({error.strerror})",
            file=settings.state,
            fix="choose a writable folder with --state",
        ) from error
    try:
        yield
    finally:
        lock.release()
