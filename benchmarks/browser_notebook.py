"""The generation studio in a real browser: JupyterLab, headless Chromium, every control pressed.

    python benchmarks/browser_notebook.py --face me.mp4 --voice speech.wav --out /tmp/shots

Needs the packages `playwright` and `jupyterlab`, and Chromium. A copy of notebook 10 is run from
top to bottom in a server of its own; then a face is uploaded, a voice typed and uploaded, films are
made, cancelled and played, and the camera and microphone are used, for which the face video and the
sound stand in. Each step prints a line and leaves a screenshot; the first that fails ends it. What
the pictures look like, a person has to judge.
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
from pathlib import Path

from browser_page import fake_devices, launch
from playwright.sync_api import Locator, Page, expect, sync_playwright

from emolib.base.runtime import Stopwatch

NOTEBOOK = "10_interactive_generation.ipynb"
ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {  # every cell is drawn, and no news are asked for
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
SLOW_MS = 180_000  # a machine that does other things as well
SENTENCE = "Good morning everybody, it is a pleasure to meet you here today."


@contextmanager
def server(folder: Path, token: str):
    """A JupyterLab of its own over `folder`; yields its address."""
    home = folder / ".jupyter"
    for plugin, setting in SETTINGS.items():
        settings = home / "lab" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(setting), encoding="utf-8")
    own = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "lab"), "EMOLIB_PROFILE": "tiny"}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    words = ["jupyter", "lab", "--no-browser", "--allow-root", "--port=0", "--ip=127.0.0.1"]
    words += [f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}"]
    words += ["--LabApp.expose_app_in_browser=True"]
    with (folder / "server.log").open("w") as log:
        env = {**os.environ, **own}
        process = subprocess.Popen([sys.executable, "-m", *words], env=env, stdout=log, stderr=log)
    try:
        told, watch = [], Stopwatch()
        while not told and watch.seconds < 120 and process.poll() is None:
            time.sleep(0.3)
            files = (home / "RUNTIME").glob("jpserver-*.json")
            told = [text for file in files if (text := file.read_text(encoding="utf-8"))]
        if not told:
            raise SystemExit("JupyterLab did not start")
        yield json.loads(told[0])["url"]
    finally:
        process.terminate()
        process.wait(timeout=30)


class Visit:
    """One look at the notebook: steps that print, and leave pictures."""

    def __init__(self, page: Page, out: Path):
        self.page, self.out, self.n_shots = page, out, 0
        self.studio = page.locator(".emolib-studio")

    def shot(self, name: str) -> None:
        """Keep a picture of the studio as it is now."""
        self.n_shots += 1
        height = min(2400, int(self.studio.bounding_box()["height"]) + 320)
        self.page.set_viewport_size({"width": 1400, "height": max(900, height)})
        self.studio.scroll_into_view_if_needed()
        self.page.wait_for_timeout(400)
        self.studio.screenshot(path=self.out / f"{self.n_shots:02d}_{name}.png")

    def open(self, address: str) -> None:
        """Load the notebook, run all its cells, wait until the kernel rests."""
        self.page.goto(address)
        ready = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status"
        self.page.wait_for_function(f"{ready} === 'idle'", timeout=SLOW_MS)
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.studio.wait_for(timeout=SLOW_MS)
        self.page.wait_for_function(f"{ready} === 'idle'", timeout=SLOW_MS)

    def card(self, title: str) -> Locator:
        """One of the studio's cards."""
        heading = self.page.locator("h3", has_text=title)
        return self.studio.locator(".emolib-card").filter(has=heading)

    def press(self, name: str, where: Locator | None = None) -> None:
        """Click a button by its words."""
        (where or self.studio).get_by_role("button", name=name, exact=True).click()

    def previewed(self, after) -> str:
        """Seconds until the preview has been renewed after an action."""
        image = self.card("Preview").locator("img").nth(1)
        before, watch = image.get_attribute("src") if image.count() else None, Stopwatch()
        after()
        expect(image).not_to_have_attribute("src", before or "none", timeout=SLOW_MS)
        expect(self.card("Preview")).to_contain_text("loudest", timeout=SLOW_MS)
        return f"preview {watch.seconds:.2f} s"

    def made(self, name: str, button: str = "Generate") -> None:
        """From pressing a button to a film that plays, and its picture."""
        video = self.card("Film").locator("video")
        before, watch = video.get_attribute("src") if video.count() else None, Stopwatch()
        self.press(button)
        if before:
            expect(video).not_to_have_attribute("src", before, timeout=SLOW_MS)
        video.wait_for(timeout=SLOW_MS)
        seconds, element = watch.seconds, video.element_handle()
        playing = "v => v.readyState >= 3 && v.currentTime > 0.3"
        self.page.wait_for_function(playing, arg=element, timeout=SLOW_MS)
        told = element.evaluate("v => [v.duration, v.videoWidth, v.videoHeight]")
        print(f"{name}: film after {seconds:.1f} s, plays ({told})", flush=True)
        self.shot(name)

    def line(self, title: str, text: str) -> None:
        """Print what a card says once it says `text`."""
        card = self.card(title)
        expect(card).to_contain_text(text, timeout=SLOW_MS)
        lines = card.locator(".emolib-line, .status, .notice").all_inner_texts()
        print("  " + next(line for line in lines if text in line), flush=True)

    def record(self, card: Locator, device: str) -> None:
        """Record three seconds; a picture is kept in between."""
        self.press(f"Turn on the {device}", card)
        self.press("Record", card)
        card.locator(".clock").wait_for(timeout=SLOW_MS)
        self.page.wait_for_timeout(3000)
        self.shot(f"recording_{device}")
        self.press("Stop", card)
        expect(card.locator(".status")).to_have_attribute("data-tone", "good", timeout=SLOW_MS)


def tour(visit: Visit, face: Path, voice: Path) -> None:
    """Every control, from the first preview to the recorder."""
    expect(visit.card("Preview")).to_contain_text("loudest", timeout=SLOW_MS)
    visit.page.wait_for_timeout(1000)
    visit.shot("fresh")
    print("another emotion:", visit.previewed(lambda: visit.press("sadness")), flush=True)
    faces, voices, feeling = map(visit.card, ("1 · Face", "2 · Voice", "3 · Emotion"))
    choosers = [card.locator("input[type=file]") for card in (faces, voices)]
    visit.press("Type it", voices)
    box = voices.get_by_placeholder("Type something to say")
    print("typed:", visit.previewed(lambda: (box.fill(SENTENCE), box.press("Enter"))), flush=True)
    visit.made("sample_typed")
    visit.line("Film", "made in")

    visit.press("File or camera", faces)
    print("face:", visit.previewed(lambda: choosers[0].set_input_files(face)), flush=True)
    visit.line("1 · Face", face.name)
    visit.press("happiness")
    visit.press("File or microphone", voices)
    print("voice:", visit.previewed(lambda: choosers[1].set_input_files(voice)), flush=True)
    visit.press("Generate")
    expect(visit.card("Film")).to_contain_text("making the film", timeout=SLOW_MS)
    visit.shot("making")
    visit.press("Cancel")
    visit.line("Film", "nothing was written")
    visit.press("Type it", voices)
    visit.made("uploaded_typed")

    for way in ("Mixture", "Walk"):
        visit.press(way, feeling)
        visit.page.wait_for_timeout(1500)
        visit.shot(way.lower())
    visit.press("Sample", faces)
    visit.press("Sample", voices)
    visit.made("walk_film")
    visit.made("six", "Six side by side")

    visit.press("File or camera", faces)
    choosers[0].set_input_files(__file__)
    visit.line("1 · Face", "can be opened")
    visit.shot("bad_upload")
    visit.record(faces, "camera")
    visit.line("1 · Face", "Recording: a video")
    visit.press("File or microphone", voices)
    visit.record(voices, "microphone")
    visit.line("2 · Voice", "of sound")
    visit.press("One emotion", feeling)
    visit.page.wait_for_timeout(2500)
    visit.made("film_of_recording")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--face", type=Path, required=True, help="a video to upload")
    parser.add_argument("--voice", type=Path, required=True, help="a sound to upload")
    parser.add_argument("--out", type=Path, required=True, help="folder for the screenshots")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="emolib-browser-") as place, sync_playwright() as play:
        folder, token = Path(place), "studio"
        shutil.copy(ROOT / "notebooks" / NOTEBOOK, folder)
        browser = launch(play, *fake_devices(args.face, args.voice, folder))
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.on("pageerror", lambda error: print(f"page error: {error}", flush=True))
        visit = Visit(page, args.out)
        with server(folder, token) as address:
            visit.open(f"{address}lab/tree/{NOTEBOOK}?token={token}&reset")
            tour(visit, args.face, args.voice)
        browser.close()


if __name__ == "__main__":
    main()
