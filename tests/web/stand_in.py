"""A worker that knows the protocol but no network: jobs do what their text says.

    slow    goes on until it is cancelled        deaf    goes on, whatever it is told
    crash   dies                                 fail    reports that there is no face
    chatty  prints what is no answer             (else)  done at once

`python stand_in.py SETTINGS`, as JSON, runs a whole server around such a worker on a free port.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

RESULT = bytes(range(256)) * 8
REPORT = {
    "seconds": 2.0,
    "frames": 50,
    "width": 320,
    "height": 240,
    "model": "stand-in",
    "device": "cpu",
    "signed": False,
    "signature_note": "",
    "notes": [],
    "total_s": 0.1,
}
COMMAND = [sys.executable, "-S", __file__]
cancelled: set[str] = set()
tasks: list[dict | None] = []
news = threading.Semaphore(0)


def listen():
    for line in sys.stdin:
        said = json.loads(line)
        if "cancel" in said:
            cancelled.add(said["cancel"])
        else:
            tasks.append(said)
            news.release()
    tasks.append(None)
    news.release()


def tell(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def work(task):
    job, folder, audio = task["job"], Path(task["folder"]), task["order"]["audio"]
    how = audio["text"] if isinstance(audio, dict) else ""
    (folder / "half-made.tmp").write_bytes(b"x")
    (folder / "preview.jpg").write_bytes(b"\xff\xd8\xff picture")
    tell("preview", job=job)
    step = 0
    while how in ("slow", "deaf"):
        step += 1
        tell("progress", job=job, stage="frames", done=min(step, 99), total=100)
        if how == "slow" and (job in cancelled or tasks):
            return tell("cancelled", job=job)
        time.sleep(0.02)
    if how == "crash":
        os._exit(9)
    if how == "chatty":
        print("this is no answer", flush=True)
    if how == "fail":
        error = {"code": "no_face", "message": "no face", "fix": "use another picture"}
        return tell("failed", job=job, error=error)
    (folder / "result.mp4").write_bytes(RESULT)
    return tell("done", job=job, report=REPORT)


def main():
    threading.Thread(target=listen, daemon=True).start()
    tell("ready", model="stand-in", device="cpu")
    while True:
        news.acquire()
        task = tasks.pop(0)
        if task is None:
            return
        work(task)


def serve():
    """A server of its own process, to be talked to, stopped or killed."""
    from emolib.studio.workers import ProcessWorker
    from emolib.web.serve import serve as run
    from emolib.web.settings import ServeSettings

    options = json.loads(sys.argv[1])
    files = {name: Path(options.pop(name)) for name in ("certificate", "key") if name in options}
    settings = ServeSettings(**options | {"state": Path(options["state"]), "port": 0})
    workers = [ProcessWorker(COMMAND, "cpu", settings.limits)]
    run(settings, **files, workers=workers, ready=lambda line: print(line, flush=True))
    print("stopped")


if __name__ == "__main__":
    serve() if len(sys.argv) > 1 else main()
