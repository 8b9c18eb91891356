"""The page as people meet it: every step driven in a real browser, at two widths, light and dark.

Writes a screenshot a step and a report: console errors, requests to other places, controls without
a name, things that stick out sideways, and the order in which the Tab key walks. Screenshots are
for a person to look at; whatever the report finds makes the exit code 1.

    python benchmarks/browser_web.py --out shots --uploads FOLDER [--figure]

Needs playwright (`pip install playwright`) and Chromium. FOLDER holds a video of one face
(`face.*`) and a voice (`voice.*`); without it, two of the sample's clips serve. `--figure` also
makes `data/results/web_page.png`, Figure 9, from synthetic people only.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np
from browser_page import WAIT_MS, Report, Tour, fake_devices, launch
from PIL import Image, ImageColor
from playwright.sync_api import Browser, sync_playwright

from emolib.base.emotions import COLOURS
from emolib.base.files import PACKAGE, data_dir, results_dir
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.notebook.server import LocalServer

FIGURE_BYTES = 300_000


def walk(tour: Tour, given: tuple[Path, Path]) -> None:
    """Start, upload, missing consent, waiting, result, study, another emotion, delete."""
    page = tour.page
    tour.shot("1_start")
    tour.report.notes[f"{tour.tag} tab order"] = tour.tab_order()
    tour.upload("face", given[0])
    tour.upload("voice", given[1])
    tour.make()
    assert page.inner_text("#form-error")
    assert page.evaluate("document.activeElement.id") == "consent"
    tour.shot("2_consent_missing")
    page.check("#consent")
    page.locator('input[name="emotion"][value="SAD"]').check(force=True)
    tour.waiting("upload")
    tour.shot("4_result", whole=page.viewport_size["width"] < 800)
    for question, score in {"usability": 4, "design": 5, "overall": 4}.items():
        page.locator(f'#study input[name="{question}"][value="{score}"]').check(force=True)
    page.check("#study-consent")
    tour.shot("5_study")
    page.click("#study button:not([type=button])")
    page.wait_for_selector("#study [role=status]")
    page.click('#again-emotions [data-emotion="HAP"]')
    page.wait_for_selector("[data-view=waiting]:not([hidden])")
    tour.finish()
    tour.shot("6_another_emotion")
    page.reload()
    tour.finish()
    assert page.locator(".chip").count() == 2, "a reload has lost a video"
    page.click("#delete")
    page.wait_for_selector("#stage[data-now=idle]", state="attached")
    tour.shot("7_deleted")
    page.close()


def record(tour: Tour) -> None:
    """Record face and voice from the fake camera, and make a video of it."""
    page = tour.page
    tour.choose("face", "record")
    button = page.locator('[data-pane="face-record"] .row button')
    button.click()
    page.wait_for_selector(".mirror:not([hidden])")
    page.wait_for_timeout(600)
    button.click()
    page.wait_for_timeout(2600)
    tour.shot("8_recording")
    button.click()
    page.wait_for_selector('[data-pane="face-record"] .shown')
    tour.choose("voice", "own")
    page.check("#consent")
    page.wait_for_timeout(300)
    tour.shot("8_recorded")
    tour.waiting("recorded")
    page.close()


def refusals(tour: Tour, folder: Path) -> None:
    """Permission refused, no film, no face, a full queue."""
    page, chooser = tour.page, '[data-pane="face-upload"] input'
    for step in ("face", "voice"):
        tour.choose(step, "record")
        page.locator(f'[data-pane="{step}-record"] .row button').click()
        notice = f'[data-pane="{step}-record"] .notice:not([hidden])'
        assert "is not allowed" in page.inner_text(notice), page.inner_text(notice)
    tour.shot("9_permission_refused")
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    bad, wall = folder / "notes.mp4", folder / "<img src=x onerror=alert(1)>.png"
    Image.fromarray(noise).save(wall)
    bad.write_text("not a film")
    tour.choose("voice", "example")
    tour.upload("face", bad)
    page.check("#consent")
    tour.make()
    page.wait_for_selector("#form-error:not([hidden])")
    tour.shot("9_not_a_film")
    page.click('[data-pane="face-upload"] .shown button')
    page.set_input_files(chooser, str(wall))
    tour.make()
    page.wait_for_selector("[data-view=failed]:not([hidden])", timeout=WAIT_MS)
    assert page.locator("img[src=x]").count() == 0, "a file name became markup"
    tour.shot("9_no_face")
    ids = page.evaluate("""async () => { const ids = []; for (;;) {
      const form = new FormData();
      const told = { face_id: "9001", voice_id: "9001_IEO", emotion: "HAP", keep: "true" };
      for (const [name, value] of Object.entries(told)) form.append(name, value);
      const answer = await fetch("/api/jobs", { method: "POST", body: form });
      if (!answer.ok) return ids;
      ids.push((await answer.json()).id); } }""")
    tour.choose("face", "example")
    tour.make()
    page.wait_for_selector("#form-error:not([hidden])")
    tour.shot("9_queue_full")
    drop = "(ids) => Promise.all(ids.map(id => fetch(`/api/jobs/${id}`, { method: 'DELETE' })))"
    page.evaluate(drop, ids[3:])
    tour.make()
    tour.until("document.querySelector('#stage-text').textContent.includes('Number')")
    tour.shot("9_in_the_queue")
    page.evaluate(drop, ids)
    page.close()


def figure(browser: Browser, report: Report, folder: Path) -> Path:
    """Figure 9 as it really looks: the page; its right-hand side while waiting and at the end."""
    tour = Tour(browser, report, folder, "desktop", "light")
    page = tour.page
    page.locator('input[name="face"]').nth(1).check(force=True)
    page.locator('input[name="voice"]').nth(3).check(force=True)
    edges = {"x": 88, "y": 16, "width": 1104}
    height = page.evaluate("document.documentElement.scrollHeight") - 32
    shots = {"choose": folder / "choose.png"}
    page.screenshot(path=shots["choose"], full_page=True, clip=edges | {"height": height})
    stage = page.locator("#stage")
    tour.make()
    page.wait_for_selector('#preview[src*="/api/jobs/"]', timeout=WAIT_MS)
    page.wait_for_timeout(300)
    stage.screenshot(path=folder / "wait.png")
    tour.finish()
    page.wait_for_timeout(2500)  # until the player's own sign of loading is gone
    stage.screenshot(path=folder / "look.png")
    shots |= {"wait": folder / "wait.png", "look": folder / "look.png"}
    page.close()
    return montage({name: Image.open(path).convert("RGB") for name, path in shots.items()}, browser)


def montage(shots: dict[str, Image.Image], browser: Browser) -> Path:
    """The page at the left; wait and result above each other at the right; where each lies."""
    line, gap, page = 64, 56, shots["choose"]  # a line of text fits above each
    right = max(shots[name].width for name in ("wait", "look"))
    places = {"choose": (gap, line), "wait": (2 * gap + page.width, line)}
    places["look"] = (2 * gap + page.width, 2 * line + shots["wait"].height)
    low = max(place[1] + shots[name].height for name, place in places.items())
    whole = Image.new("RGB", (3 * gap + page.width + right, low + gap), page.getpixel((0, 0)))
    for name, place in places.items():
        whole.paste(shots[name], place)
    out = results_dir() / "web_page.png"
    few_colours(whole).save(out, optimize=True)
    assert out.stat().st_size <= FIGURE_BYTES, f"{out.stat().st_size:,} bytes"
    numbers = {
        "panels": {name: [*place, *shots[name].size] for name, place in places.items()},
        "browser": f"Chromium {browser.version.partition('.')[0]}",
    }
    record = run_record(corpus="synthetic sample", seed=None)
    save_result(out.with_suffix(".json"), numbers, record)
    return out


def few_colours(picture: Image.Image) -> Image.Image:
    """256 colours, among them the page's own, which cover too few pixels to be chosen."""
    css = (PACKAGE / "web/static/style.css").read_text(encoding="utf-8").partition("@media")[0]
    own = [*COLOURS.values(), *re.findall(r"#[0-9a-f]{6}", css)]
    tints = [ImageColor.getrgb(colour) for colour in own]
    light = [tuple((c + 255) // 2 for c in tint) for tint in tints[: len(COLOURS)]]  # soft edges
    n_common = 256 - len(tints + light)
    common = picture.quantize(n_common, dither=Image.Dither.NONE).getpalette()[: 3 * n_common]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*common, *(c for tint in tints + light for c in tint)])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the screenshots")
    parser.add_argument("--uploads", type=Path, help="folder with face.* and voice.*")
    parser.add_argument("--only", default="walk,record,refusals", help="parts, with commas")
    parser.add_argument("--figure", action="store_true", help="make Figure 9's picture, too")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    sample = data_dir() / "sample"
    pair = sample / "VideoFlash/9002_MTI_NEU_XX.flv", sample / "AudioWAV/9003_IEO_NEU_XX.wav"
    if given.uploads:
        pair = tuple(next(given.uploads.glob(f"{kind}.*")) for kind in ("face", "voice"))
    folder = Path(tempfile.mkdtemp(prefix="emolib-page-"))
    with LocalServer("--queue", "4") as server, sync_playwright() as play:
        report = Report(server.url)
        devices = fake_devices(*pair, folder)
        browser = launch(play, *devices)
        for look in product(("desktop", "phone"), ("light", "dark")):
            if "walk" in given.only:
                walk(Tour(browser, report, given.out, *look), pair)
        for look in (("phone", "light"), ("desktop", "dark")):
            if "record" in given.only:
                record(Tour(browser, report, given.out, *look))
        if given.figure:
            report.notes["figure"] = figure(browser, report, folder).name
        browser.close()
        if "refusals" in given.only:
            report.expected = True
            browser = launch(play, devices[0], "--deny-permission-prompts")
            refusals(Tour(browser, report, given.out, "phone", "light"), folder)
            browser.close()
    print(json.dumps({"faults": report.faults, **report.notes}, indent=1, ensure_ascii=False))
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
