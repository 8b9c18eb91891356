"""A real browser on the page: the report of faults, and the steps that every walk shares."""

from __future__ import annotations

import time
from pathlib import Path

import av
from playwright.sync_api import Browser, Page

SIZES = {"desktop": (1280, 900), "phone": (390, 844), "small": (360, 640)}
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


class Report:
    """What went wrong, by step."""

    def __init__(self, origin: str):
        self.origin, self.faults, self.notes = origin, [], {}
        self.expected = 0  # refusals that a step provokes on purpose

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

    def check(self, page: Page, step: str) -> None:
        """The rules that hold in every step."""
        for nameless in page.evaluate(NAMELESS):
            self.faults.append(f"{step}: no name: {nameless}")
        if (wider := page.evaluate(WIDER)) > 0:
            self.faults.append(f"{step}: {wider} px wider than the window")


def until(page: Page, condition: str) -> None:
    """Wait for an expression; asked from outside, because the page's policy forbids `eval`."""
    for _ in range(WAIT_MS // 200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"never: {condition}")


def camera_film(video: Path, folder: Path) -> Path:
    """A face video as motion JPEG, for Chromium's fake camera."""
    out = folder / "camera.mjpeg"
    with av.open(str(video)) as source, out.open("wb") as stream:
        for k, frame in enumerate(source.decode(video=0)):
            if k >= 150:
                break
            frame.to_image().convert("RGB").resize((480, 480)).save(stream, "JPEG", quality=88)
    return out


def launch(play, chromium: str, *flags: str) -> Browser:
    return play.chromium.launch(executable_path=chromium, args=["--no-sandbox", *flags])


def open_page(browser: Browser, report: Report, size: str, scheme: str) -> tuple:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=width < 800
    )
    page = context.new_page()
    report.watch(page)
    page.goto(report.origin)
    page.wait_for_selector(".person img")
    page.wait_for_load_state("load")
    return context, page


class Tour:
    """One walk through the page; a picture at each step."""

    def __init__(self, page: Page, report: Report, out: Path, tag: str):
        self.page, self.report, self.out, self.tag = page, report, out, tag

    def shot(self, step: str, *, whole: bool = True) -> Path:
        self.report.check(self.page, f"{self.tag} {step}")
        path = self.out / f"{self.tag}_{step}.png"
        self.page.evaluate(IMAGES_SHOWN)
        self.page.screenshot(path=path, full_page=whole)
        return path

    def choose(self, step: str, source: str) -> None:
        button = self.page.locator(f'input[name="{step}-source"][value="{source}"]')
        button.evaluate("node => node.click()")  # the page may move while a mouse would

    def make(self) -> None:
        self.page.click("#go")

    def upload(self, face: Path, voice: Path) -> None:
        for step, file in (("face", face), ("voice", voice)):
            self.choose(step, "upload")
            self.page.set_input_files(f'[data-pane="{step}-upload"] input', str(file))
        self.page.wait_for_timeout(500)

    def finish(self) -> None:
        self.page.wait_for_selector(READY, timeout=WAIT_MS)
        until(self.page, "document.querySelector('#player').readyState >= 3")
        self.page.wait_for_timeout(400)

    def waiting(self) -> dict:
        """From a press of the button to the result; seconds until the first look and the end."""
        start = time.perf_counter()
        self.make()
        self.page.wait_for_selector('#preview[src*="/api/jobs/"]', timeout=WAIT_MS)
        first_s = time.perf_counter() - start
        self.page.wait_for_timeout(200)
        self.shot("waiting", whole=False)
        self.finish()
        return {"first_look_s": round(first_s, 2), "done_s": round(time.perf_counter() - start, 2)}


def tab_order(page: Page, n: int = 60) -> list[str]:
    """What the Tab key reaches, in order, until it comes back to the start."""
    reached: list[str] = []
    page.evaluate("document.activeElement?.blur?.(); scrollTo(0, 0)")
    for _ in range(n):
        page.keyboard.press("Tab")
        if (name := page.evaluate(FOCUSED)) is None:
            break
        reached.append(name)
    return reached
