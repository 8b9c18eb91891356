"""Make the book: the executed notebooks, the figures, the tables and the package's API as one site.

Run from the project's root: `python scripts/make_book.py [FOLDER]`, or `make book`. The site is
written to `out/book/`; open its `index.html`. It needs no network and runs no notebook.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "emolib"
PAGES = {  # page of the book → the file of the project that it shows
    "start.md": "README.md",
    "house.md": "docs/architecture.md",
    "changes.md": "docs/changes.md",
    "data.md": "data/README.md",
    "card.md": "MODEL_CARD.md",
    "notice.md": "NOTICE.md",
}
SETTINGS = {
    "project": "Talking faces with emotion",
    "author": "the emolib authors",
    "copyright": "the emolib authors. Code: Apache-2.0. Prose and figures: CC BY 4.0",
    "extensions": ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "make_book"],
    "html_math_renderer": "mathml",
    "html_theme": "sphinx_book_theme",
    "html_title": "Talking faces with emotion",
    "nb_execution_mode": "off",
    "myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence"],
    "myst_heading_anchors": 3,
    "autodoc_member_order": "bysource",
    "autodoc_typehints": "description",
    # Links into the checkout (a folder, a script) are text here.
    "suppress_warnings": ["myst.xref_missing", "myst.header", "mystnb.unknown_mime_type"],
}
INDEX = """# Talking faces with emotion

A face video, any speech, one of six emotions: that face, speaking, with that emotion. Twelve
notebooks build the method of *Emotionally Enhanced Talking Face Generation* (Goyal et al., 2023)
over a small tested package. [Start here](start.md), or open a notebook.

```{{toctree}}
:caption: The course
:maxdepth: 1

start
{notebooks}
```

```{{toctree}}
:caption: Results
:maxdepth: 1

figures
{tables}
card
```

```{{toctree}}
:caption: The package
:maxdepth: 1

house
{rooms}
changes
data
notice
```
"""
API = """
## `{module}`

```{{eval-rst}}
.. automodule:: {module}
   :members:
```
"""


def main(out: Path) -> int:
    source = out.parent / f"{out.name}-source"
    for folder in (source, out):
        shutil.rmtree(folder, ignore_errors=True)
    (source / "notebooks").mkdir(parents=True)
    shutil.copytree(ROOT / "figures", source / "figures", ignore=shutil.ignore_patterns("*.md"))
    pages = {page: ROOT / name for page, name in PAGES.items() if (ROOT / name).is_file()}
    for page, path in pages.items():
        shutil.copy(path, source / page)
    notebooks = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    for path in notebooks:
        shutil.copy(path, source / "notebooks")
    tables = sorted((ROOT / "figures").glob("*.md"))
    for path in tables:  # a page needs a title
        text = f"# {path.stem.capitalize()}\n\n{path.read_text(encoding='utf-8')}"
        (source / path.name).write_text(text, encoding="utf-8")
    rooms = [room.stem for room in api_pages(source)]
    (source / "figures.md").write_text(figures_page(), encoding="utf-8")
    index = INDEX.format(
        notebooks="\n".join(f"notebooks/{path.stem}" for path in notebooks),
        tables="\n".join(path.stem for path in tables),
        rooms="\n".join(f"api/{room}" for room in rooms),
    )
    kept = [line for line in index.splitlines() if f"{line}.md" not in PAGES.keys() - pages.keys()]
    (source / "index.md").write_text("\n".join(kept), encoding="utf-8")
    settings = "".join(f"{name} = {value!r}\n" for name, value in SETTINGS.items())
    (source / "conf.py").write_text(settings, encoding="utf-8")
    return build_main(["-q", "-b", "html", str(source), str(out)])


def setup(app) -> None:
    """As a Sphinx extension: formulas as MathML, which browsers draw without a network."""
    app.add_html_math_renderer("mathml", (math(False), None), (math(True), None))


def math(as_block: bool):
    def visit(writer, node) -> None:
        writer.body.append(convert(node.astext(), display="block" if as_block else "inline"))
        raise nodes.SkipNode

    return visit


def api_pages(source: Path) -> list[Path]:
    """Write a page for each room of the package, with every module's public names."""
    (source / "api").mkdir()
    pages = []
    for room in sorted(p for p in PACKAGE.iterdir() if p.suffix == ".py" or has_code(p)):
        if room.name.startswith("__"):
            continue
        files = [room] if room.is_file() else sorted(room.rglob("*.py"))
        modules = [module_name(path) for path in files if documented(path)]
        text = f"# `emolib.{room.stem}`\n" + "".join(API.format(module=m) for m in modules)
        pages.append(source / "api" / f"{room.stem}.md")
        pages[-1].write_text(text, encoding="utf-8")
    return pages


def has_code(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def documented(path: Path) -> bool:
    """Whether a module says what it is: one that does not is the package's front alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return path.name != "__main__.py" and ast.get_docstring(tree) is not None


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def figures_page() -> str:
    """All drawn figures with their captions, in the paper's order."""
    text = "# The paper's figures, with ours\n"
    for record in sorted((ROOT / "figures").glob("fig*.json")):
        found = json.loads(record.read_text(encoding="utf-8"))
        number, name = re.fullmatch(r"fig(\d+)_(\w+)", record.stem).groups()
        title = name.replace("_", " ").capitalize()
        picture = next(
            p for p in record.parent.glob(f"{record.stem}.*") if p.suffix in (".png", ".jpg")
        )
        text += f"\n## Figure {int(number)}: {title}\n\n![{title}](figures/{picture.name})\n"
        text += f"\n{found['shows']}\n"
    return text


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "book"
    sys.exit(main(target.resolve()))
