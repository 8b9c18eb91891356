"""What the walks through the page and the notebook share: a browser, its faults, its pictures."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import av
from playwright.sync_api import Browser, Page

from emolib.media.audio import load_audio, write_wav

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
READY = "[data-view=done]:not([hidden])"
IMAGES_SHOWN = "Promise.all([...document.images].map(one => one.decode().catch(() => 0)))"
WAIT_MS = 240_000
NAMELESS = """() => [...document.querySelectorAll(
    "button, a[href], input, select, textarea, video")]
  .filter(n => n.checkVisibility() && !(n.getAttribute("aria-label") || n.textContent.trim()
    || [...(n.labels || [])].some(l => l.textContent.trim())))
  .map(n => n.outerHTML.slice(0, 100))"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = """() => { const n = document.activeElement;
  const name = n.getAttribute("aria-label") || n.labels?.[0]?.textContent || n.textContent;
  if (n === document.body) return null;
  return `${n.tagName.toLowerCase()} ${(name || n.id).trim().slice(0, 40)}` }"""


def launch(play, *flags: str) -> Browser:
    """The first Chromium on the path."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)))
    return play.chromium.launch(executable_path=chromium, args=["--no-sandbox", *flags])


def fake_devices(face: Path, voice: Path, folder: Path) -> list[str]:
    """Chromium's options that make a face video the camera and a sound the microphone."""
    film, sound = folder / "camera.mjpeg", folder / "microphone.wav"
    with av.open(str(face)) as source, film.open("wb") as stream:
        for _, frame in zip(range(150), source.decode(video=0), strict=False):
            frame.to_image().convert("RGB").resize((480, 480)).save(stream, "JPEG", quality=88)
    write_wav(sound, load_audio(voice))
    devices = "for-media-stream"
    return [
        f"--use-fake-device-{devices}",
        f"--use-fake-ui-{devices}",
        f"--use-file-for-fake-video-capture={film}",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


class Report:
    """What went wrong, by step."""

    def __init__(self, origin: str):
        self.origin, self.faults, self.notes = origin, [], {}
        self.expected = False  # a step provokes refusals on purpose

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)

    def _console(self, message) -> None:
        refused = "Failed to load resource" in message.text  # Chromium logs every 4xx and 5xx
        if message.type in ("error", "warning") and not (refused and self.expected):
            self.faults.append(f"console: {message.text}")

    def _request(self, request) -> None:
        if not request.url.startswith((self.origin, "blob:", "data:")):
            self.faults.append(f"outside: {request.url}")


class Tour:
    """One walk through the page at one size and in one colour scheme; a picture at each step."""

    def __init__(self, browser: Browser, report: Report, out: Path, size: str, scheme: str):
        self.report, self.out, self.tag = report, out, f"{size}_{scheme}"
        width, height = SIZES[size]
        self.page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=width < 800
        )
        report.watch(self.page)
        self.page.goto(report.origin)
        self.page.wait_for_selector(".person img")
        self.page.wait_for_load_state("load")

    def shot(self, step: str, *, whole: bool = True) -> None:
        """A picture, and the rules that hold in every step."""
        where = f"{self.tag} {step}"
        for nameless in self.page.evaluate(NAMELESS):
            self.report.faults.append(f"{where}: no name: {nameless}")
        if (wider := self.page.evaluate(WIDER)) > 0:
            self.report.faults.append(f"{where}: {wider} px wider than the window")
        self.page.evaluate(IMAGES_SHOWN)
        self.page.screenshot(path=self.out / f"{self.tag}_{step}.png", full_page=whole)

    def until(self, condition: str) -> None:
        """Wait for an expression; asked from outside, as the page's policy forbids `eval`."""
        for _ in range(WAIT_MS // 200):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(200)
        raise AssertionError(f"never: {condition}")

    def choose(self, step: str, source: str) -> None:
        button = self.page.locator(f'input[name="{step}-source"][value="{source}"]')
        button.evaluate("node => node.click()")  # the page may move while a mouse would

    def upload(self, step: str, file: Path) -> None:
        self.choose(step, "upload")
        self.page.set_input_files(f'[data-pane="{step}-upload"] input', str(file))
        self.page.wait_for_timeout(300)

    def make(self) -> None:
        self.page.click("#go")

    def finish(self) -> None:
        self.page.wait_for_selector(READY, timeout=WAIT_MS)
        self.until("document.querySelector('#player').readyState >= 3")
        self.page.wait_for_timeout(400)

    def waiting(self, note: str) -> None:
        """From a press of the button to the result; notes seconds to the first look and the end."""
        start = time.perf_counter()
        self.make()
        self.page.wait_for_selector('#preview[src*="/api/jobs/"]', timeout=WAIT_MS)
        first_s = time.perf_counter() - start
        self.page.wait_for_timeout(200)
        self.shot("waiting", whole=False)
        self.finish()
        told = f"first look {first_s:.2f} s, done {time.perf_counter() - start:.2f} s"
        self.report.notes[f"{self.tag} {note}"] = told

    def tab_order(self, n: int = 60) -> list[str]:
        """What the Tab key reaches, in order, until it comes back to the start."""
        reached: list[str] = []
        self.page.evaluate("document.activeElement?.blur?.(); scrollTo(0, 0)")
        for _ in range(n):
            self.page.keyboard.press("Tab")
            if (name := self.page.evaluate(FOCUSED)) is None:
                break
            reached.append(name)
        return reached
