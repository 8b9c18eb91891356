"""The generation studio in a real browser: JupyterLab, headless Chromium, every control pressed.

    python benchmarks/browser_notebook.py --face me.mp4 --voice speech.wav --out /tmp/shots

Needs the packages `playwright` and `jupyterlab`, and Chromium (`--browser`, default: the first of
chromium, chromium-browser, google-chrome on the path). A copy of notebook 10 is run from top to
bottom in a server of its own; then a face is uploaded, a voice typed and uploaded, films are made,
cancelled and played, and the camera and microphone are used: the face video and the sound stand in
for them, once allowed and once refused. Each step prints a line and leaves a screenshot. The exit
code is 1 if a step fails. What the pictures look like, a person has to judge.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import nbformat
from browser_page import camera_film, launch
from playwright.sync_api import Locator, Page, expect, sync_playwright

from emolib.base.runtime import Stopwatch
from emolib.media.audio import load_audio, write_wav

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "10_interactive_generation.ipynb"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SETTINGS = {  # every cell is drawn, and no news are asked for
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
SLOW_MS = 180_000  # a machine that does other things as well


@contextmanager
def server(folder: Path):
    """A JupyterLab of its own over `folder`; yields its address and token."""
    home = folder / ".jupyter"
    for plugin, setting in SETTINGS.items():
        settings = home / "lab" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(setting), encoding="utf-8")
    token = "studio"
    own = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "EMOLIB_PROFILE": "tiny",
    }
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
                *(f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}"),
                *("--port=0", "--ip=127.0.0.1", "--LabApp.expose_app_in_browser=True"),
            ],
            env={**os.environ, **own},
            stdout=log,
            stderr=log,
        )
    try:
        yield _address(home / "runtime", process), token
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(runtime: Path, process: subprocess.Popen) -> str:
    watch = Stopwatch()
    while watch.seconds < 120 and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            if text := file.read_text(encoding="utf-8"):
                return json.loads(text)["url"]
        time.sleep(0.3)
    raise SystemExit("JupyterLab did not start")


def fake_devices(face: Path, voice: Path, folder: Path) -> list[str]:
    """Chromium's options that make a file the camera and another the microphone."""
    sound = write_wav(folder / "microphone.wav", load_audio(voice))
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera_film(face, folder)}",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


class Visit:
    """One look at the notebook: steps that print, and leave pictures."""

    def __init__(self, page: Page, out: Path, n_shots: int):
        self.page, self.out, self.n_shots, self.width = page, out, n_shots, 1400
        self.studio = page.locator(".emolib-studio")

    def shot(self, name: str) -> None:
        """Keep a picture of the studio as it is now."""
        self.n_shots += 1
        box = self.studio.bounding_box()
        height = min(2400, int(box["height"]) + 320)
        self.page.set_viewport_size({"width": self.width, "height": max(900, height)})
        self.studio.scroll_into_view_if_needed()
        self.page.wait_for_timeout(400)
        self.studio.screenshot(path=self.out / f"{self.n_shots:02d}_{name}.png")

    def open(self, address: str, token: str, notebook: str) -> None:
        """Load the notebook, run all its cells, wait until the kernel rests."""
        watch = Stopwatch()
        self.page.goto(f"{address}lab/tree/{notebook}?token={token}&reset")
        ready = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status"
        self.page.wait_for_function(f"{ready} === 'idle'", timeout=SLOW_MS)
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.studio.wait_for(timeout=SLOW_MS)
        self.page.wait_for_function(f"{ready} === 'idle'", timeout=SLOW_MS)
        print(f"all cells run after {watch.seconds:.1f} s", flush=True)

    def card(self, title: str) -> Locator:
        """One of the studio's cards."""
        return self.studio.locator(".emolib-card").filter(
            has=self.page.locator("h3", has_text=title)
        )

    def press(self, name: str, where: Locator | None = None) -> None:
        """Click a button by its words."""
        (where or self.studio).get_by_role("button", name=name, exact=True).click()

    def previewed(self, after=None) -> float:
        """Seconds until the preview has been renewed after an action."""
        image = self.card("Preview").locator("img").nth(1)
        before = image.get_attribute("src") if image.count() else None
        watch = Stopwatch()
        if after:
            after()
        expect(image).not_to_have_attribute("src", before or "none", timeout=SLOW_MS)
        expect(self.card("Preview")).to_contain_text("loudest", timeout=SLOW_MS)
        return watch.seconds

    def made(self, button: str) -> float:
        """Seconds from pressing a button to a film that plays."""
        old = self.card("Film").locator("video")
        before = old.get_attribute("src") if old.count() else None
        watch = Stopwatch()
        self.press(button)
        if before:
            expect(old).not_to_have_attribute("src", before, timeout=SLOW_MS)
        video = self.card("Film").locator("video")
        video.wait_for(timeout=SLOW_MS)
        seconds = watch.seconds
        element = video.element_handle()
        self.page.wait_for_function(
            "v => v.readyState >= 3 && v.currentTime > 0.3", arg=element, timeout=SLOW_MS
        )
        told = "v => [v.readyState, v.currentTime, v.duration, v.videoWidth, v.videoHeight]"
        ready, now_s, length_s, width, height = element.evaluate(told)
        print(
            f"  plays: readyState {ready}, at {now_s:.2f} of {length_s:.2f} s, {width}×{height}",
            flush=True,
        )
        return seconds

    def line(self, title: str, text: str) -> str:
        """What a card says once it says `text`."""
        card = self.card(title)
        expect(card).to_contain_text(text, timeout=SLOW_MS)
        lines = card.locator(".emolib-line, .status, .notice").all_inner_texts()
        return next(line for line in lines if text in line)


def tour(visit: Visit, face: Path, voice: Path) -> None:
    """Every control, from the first preview to the recorder."""
    say = lambda text: print(text, flush=True)  # noqa: E731
    expect(visit.card("Preview")).to_contain_text("loudest", timeout=SLOW_MS)
    visit.page.wait_for_timeout(1000)
    visit.shot("fresh")
    say(f"preview of another emotion {visit.previewed(lambda: visit.press('sadness')):.2f} s")
    visit.shot("sadness")
    faces, voices = visit.card("1 · Face"), visit.card("2 · Voice")
    visit.press("Type it", voices)
    sentence = "Good morning everybody, it is a pleasure to meet you here today."
    box = voices.get_by_placeholder("Type something to say")

    def type_it():
        box.fill(sentence)
        box.press("Enter")

    say(f"typed sentence, to the preview {visit.previewed(type_it):.2f} s")
    say(f"sample person, typed sentence: film after {visit.made('Generate'):.1f} s")
    say("  " + visit.line("Film", "made in"))
    visit.shot("film")

    visit.press("File or camera", faces)
    chooser = faces.locator("input[type=file]")
    seconds = visit.previewed(lambda: chooser.set_input_files(face))
    say(f"uploaded {face.name} ({face.stat().st_size / 1e6:.1f} MB), preview {seconds:.2f} s")
    say("  " + visit.line("1 · Face", face.name))
    visit.shot("uploaded_face")
    visit.press("happiness")
    visit.press("File or microphone", voices)
    seconds = visit.previewed(lambda: voices.locator("input[type=file]").set_input_files(voice))
    say(f"uploaded {voice.name}, preview {seconds:.2f} s")
    visit.press("Generate")
    expect(visit.card("Film")).to_contain_text("making the film", timeout=SLOW_MS)
    visit.shot("making")
    watch = Stopwatch()
    visit.press("Cancel")
    say("  " + visit.line("Film", "nothing was written") + f" after {watch.seconds:.2f} s")
    visit.shot("cancelled")
    visit.press("Type it", voices)
    say(f"uploaded face, typed sentence: film after {visit.made('Generate'):.1f} s")
    visit.shot("film_of_upload")

    feeling = visit.card("3 · Emotion")
    visit.press("Mixture", feeling)
    visit.page.wait_for_timeout(1500)
    visit.shot("mixture")
    visit.press("Walk", feeling)
    visit.page.wait_for_timeout(1500)
    visit.shot("walk")
    visit.press("Sample", faces)
    visit.press("Sample", voices)
    say(f"walk: film after {visit.made('Generate'):.1f} s")
    visit.shot("walk_film")
    say(f"six side by side: film after {visit.made('Six side by side'):.1f} s")
    visit.shot("six")

    visit.press("File or camera", faces)
    chooser.set_input_files(__file__)
    say("a script as a face: " + visit.line("1 · Face", "can be opened"))
    visit.shot("bad_upload")
    record(visit, faces, "camera", 3.0)
    say("camera: " + visit.line("1 · Face", "Recording: a video"))
    visit.shot("recorded_face")
    visit.press("File or microphone", voices)
    record(visit, voices, "microphone", 2.5)
    say("microphone: " + visit.line("2 · Voice", "of sound"))
    visit.press("One emotion", feeling)
    visit.page.wait_for_timeout(2500)
    say(f"recorded face and voice: film after {visit.made('Generate'):.1f} s")
    visit.shot("film_of_recording")


def record(visit: Visit, card: Locator, device: str, seconds: float) -> None:
    """Record for a while; a picture is kept in between."""
    visit.press(f"Turn on the {device}", card)
    visit.press("Record", card)
    card.locator(".clock").wait_for(timeout=SLOW_MS)
    visit.page.wait_for_timeout(1000 * seconds)
    visit.shot("recording")
    visit.press("Stop", card)
    expect(card.locator(".status")).to_have_attribute("data-tone", "good", timeout=SLOW_MS)


def refused(visit: Visit, reason: str) -> None:
    """The reader says no to camera and microphone, or there are none."""
    for title, way, device in (
        ("1 · Face", "File or camera", "camera"),
        ("2 · Voice", "File or microphone", "microphone"),
    ):
        visit.press(way, visit.card(title))
        visit.press(f"Turn on the {device}", visit.card(title))
        print(visit.line(title, reason.format(device)), flush=True)
    visit.shot("refused")


def looks(visit: Visit) -> None:
    """The studio in the dark theme, and where there is little room."""
    change = "jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    visit.page.evaluate(change)
    visit.page.wait_for_timeout(3000)
    visit.shot("dark")
    visit.page.evaluate(change.replace("Dark", "Light"))
    visit.page.evaluate("jupyterapp.shell.collapseLeft()")
    visit.width = 560
    visit.page.wait_for_timeout(3000)
    visit.shot("narrow")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--face", type=Path, required=True, help="a video to upload")
    parser.add_argument("--voice", type=Path, required=True, help="a sound to upload")
    parser.add_argument("--out", type=Path, required=True, help="folder for the screenshots")
    parser.add_argument("--notebook", type=Path, default=NOTEBOOK)
    parser.add_argument("--browser", default=next(filter(None, map(shutil.which, BROWSERS)), None))
    parser.add_argument("--only", nargs="*", choices=("tour", "refused", "missing", "looks"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="emolib-browser-") as place:
        folder = Path(place)
        whole = shutil.copy(args.notebook, folder)
        alone = folder / "studio.ipynb"
        cell = nbformat.v4.new_code_cell(STUDIO)
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), alone)
        devices = fake_devices(args.face, args.voice, folder)
        visits = {  # name: number of the first picture, browser options, notebook, steps
            "tour": (0, devices, whole, partial(tour, face=args.face, voice=args.voice)),
            "refused": (50, devices[:1], alone, partial(refused, reason="The {} is not allowed")),
            "missing": (60, [], alone, partial(refused, reason="No {} was found")),
            "looks": (70, [], alone, looks),
        }
        with server(folder) as (address, token), sync_playwright() as playwright:
            for name in args.only or visits:
                first, options, notebook, walk_through = visits[name]
                print(f"— {name}", flush=True)
                browser = launch(playwright, args.browser, *options)
                page = browser.new_page(viewport={"width": 1400, "height": 1000})
                page.on("pageerror", lambda error: print(f"page error: {error}", flush=True))
                visit = Visit(page, args.out, first)
                try:
                    visit.open(address, token, Path(notebook).name)
                    walk_through(visit)
                except Exception:
                    page.screenshot(path=args.out / "failed.png")
                    raise
                finally:
                    browser.close()


STUDIO = """from emolib.generate import TalkingFace
from emolib.notebook.studio import Studio

Studio(TalkingFace.load("lite"))"""

if __name__ == "__main__":
    main()
