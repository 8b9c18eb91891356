"""A web server of one's own for a notebook: free port, temporary state, gone with the kernel."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from emolib.base.errors import ResourceError

STOP_S = 30.0


class LocalServer:
    """`emolib serve` as a child process that only this computer can reach.

    Args:
        options: more of the command line, as `"--queue", "4"`.

    Attributes:
        url: as `http://127.0.0.1:43121`.
        state: the temporary folder of its jobs and answers.

    Raises:
        ResourceError: it does not start; the message holds what it said.
    """

    def __init__(self, *options: str):
        self._folder = tempfile.TemporaryDirectory(prefix="emolib-serve-")
        self.state, log = Path(self._folder.name) / "state", Path(self._folder.name) / "log.txt"
        command = [sys.executable, "-m", "emolib.cli", "serve", "--port", "0"]
        command += ["--state", str(self.state), *options]
        with log.open("wb") as said:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
        atexit.register(self.stop)
        address = self._process.stdout.readline().decode()  # all that is ever said there
        self.url = address.partition(" ")[0].partition("?")[0].rstrip("/")  # without a token
        try:
            while not self.ask("/api/health")["ready"]:
                time.sleep(0.2)
        except (OSError, ValueError) as error:  # gone, or never there
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-300:]
            self.stop()
            message = f"the server did not start: {said or 'no word from it'}"
            raise ResourceError(message) from error

    def ask(self, path: str, timeout_s: float = 10.0) -> dict:
        """The JSON answer to a GET. Raises OSError: nobody answers."""
        with urllib.request.urlopen(self.url + path, timeout=timeout_s) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """End it and delete its state; a second call does nothing."""
        atexit.unregister(self.stop)
        self._process.terminate()
        self._process.stdout.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *_) -> None:
        self.stop()
