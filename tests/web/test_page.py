"""The page's own files: colours that can be read, controls with names, nothing from elsewhere."""

import re
from html.parser import HTMLParser

import pytest

from emolib.base.emotions import COLOURS
from emolib.base.files import PACKAGE

STATIC = PACKAGE / "web" / "static"
CSS = (STATIC / "style.css").read_text(encoding="utf-8")
HTML = (STATIC / "index.html").read_text(encoding="utf-8")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.js"))}
COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
DARK = "@media (prefers-color-scheme: dark)"

# Which colour stands on which: text needs 4.5 : 1, edges and marks 3 : 1 (WCAG 2.2: 1.4.3, 1.4.11).
TEXT = [
    *(("ink", back) for back in ("paper", "surface", "wash", "alarm-wash")),
    *(("quiet", back) for back in ("paper", "surface", "wash")),
    *(("accent", back) for back in ("paper", "surface", "wash")),
    *(("on-accent", "accent"), ("alarm", "alarm-wash")),
]
MARKS = [
    *(("edge", back) for back in ("paper", "surface", "wash")),
    *(("accent", back) for back in ("paper", "surface", "wash")),
    *(("alarm", "paper"), ("alarm", "surface"), ("ink", "wash")),
]


def themes():
    light, dark = CSS.split(DARK, 1)
    first = dict(COLOUR.findall(light))
    return {"light": first, "dark": first | dict(COLOUR.findall(dark))}


def luminance(colour):
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (MARKS, 3.0)], ids=["text", "marks"])
def test_colours_can_be_told_apart(theme, pairs, least):
    colours = themes()[theme]
    ratios = {f"{a} on {b}": contrast(colours[a], colours[b]) for a, b in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < least} == {}


def test_the_dark_theme_changes_every_colour():
    light, dark = themes().values()
    assert all(light[name] != dark[name] for name in light)


def test_colours_are_named_once_and_those_of_emotions_come_from_the_server():
    rules = CSS.split("--small:")[1].split(DARK)[0] + CSS.split(DARK)[1].partition("\n}\n")[2]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)
    everything = (HTML + CSS + "".join(SCRIPTS.values())).lower()
    assert [colour for colour in COLOURS.values() if colour.lower() in everything] == []


class Page(HTMLParser):
    """Elements with their attributes, and which labels hold which controls."""

    def __init__(self):
        super().__init__()
        self.elements, self.open_labels, self.wrapped = [], 0, set()
        self.feed(HTML)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.open_labels += tag == "label"
        if self.open_labels and tag in ("input", "select", "textarea"):
            self.wrapped.add(len(self.elements))
        self.elements.append((tag, given))

    def handle_endtag(self, tag):
        self.open_labels -= tag == "label"


PAGE = Page()


def test_the_page_works_under_the_strictest_policy():
    for tag, given in PAGE.elements:
        assert "style" not in given and not any(name.startswith("on") for name in given), tag
        assert tag != "style"
        assert tag != "script" or (given.get("src", "").startswith("/static/"))
    for name, script in SCRIPTS.items():
        assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacent", script), (
            name
        )
        assert not re.search(r'setAttribute\("style"|document\.write', script), name


def test_nothing_comes_from_elsewhere():
    for name, text in {**SCRIPTS, "index.html": HTML, "style.css": CSS}.items():
        addresses = set(re.findall(r"(?:https?:)?//[a-z][\w.-]+\.\w+[^\"'\s)]*", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, name
    for _, given in PAGE.elements:
        for link in (given.get("href"), given.get("src")):
            if link and link.startswith("/static/"):
                assert (STATIC / link.removeprefix("/static/")).is_file(), link


def test_modules_import_files_that_exist():
    for name, script in SCRIPTS.items():
        for wanted in re.findall(r'from "\./([\w.]+)"', script):
            assert wanted in SCRIPTS, f"{name} imports {wanted}"


def test_every_control_has_a_name():
    fors = {given.get("for") for tag, given in PAGE.elements if tag == "label"}
    for index, (tag, given) in enumerate(PAGE.elements):
        if tag in ("input", "select", "textarea"):
            named = index in PAGE.wrapped or given.get("id") in fors or "aria-label" in given
            assert named, given
        if tag == "img":
            assert "alt" in given
    assert dict(PAGE.elements)["html"]["lang"] == "en"


def test_ids_are_unique_and_references_lead_somewhere():
    ids = [given["id"] for _, given in PAGE.elements if "id" in given]
    assert len(ids) == len(set(ids))
    made = set(re.findall(r'id: "([\w-]+)"', "".join(SCRIPTS.values())))
    for _, given in PAGE.elements:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(given.get(name, "").split()) <= set(ids) | made, given
    used = set(re.findall(r'\$\("#([\w-]+)"', "".join(SCRIPTS.values())))
    assert used <= set(ids) | made, used - set(ids)


def test_motion_is_only_for_those_who_want_it():
    calm = CSS.split("@media (prefers-reduced-motion: no-preference)")
    assert len(calm) == 2
    assert not re.search(r"\b(?:animation|transition):", calm[0])


def test_the_page_is_small():
    assert sum(path.stat().st_size for path in STATIC.iterdir()) < 80_000
