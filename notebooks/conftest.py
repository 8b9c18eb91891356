"""How nbval runs the course: a lesson, then in its kernel the solved exercises of its twin.

A twin has no other cells of its own (`tests/test_notebook_hygiene.py`), and is made in the same
order (`scripts/run_notebooks.py`). Of a solved exercise the answer is compared: it was right.
"""

from collections import defaultdict

import nbformat
from nbval.plugin import IPyNbCell

collect_ignore = ["solutions"]


def pytest_collection_modifyitems(items):
    """Each lesson's last cell is followed by its solved exercises."""
    lessons = [item.parent if isinstance(item, IPyNbCell) else None for item in items]
    last = {lesson: k for k, lesson in enumerate(lessons) if lesson}
    for lesson, k in sorted(last.items(), key=lambda one: -one[1]):
        items[k + 1 : k + 1] = solved(lesson)


def solved(lesson) -> list[IPyNbCell]:
    """The cells of a lesson's twin that are not the lesson's."""
    twin = nbformat.read(lesson.path.parent / "solutions" / lesson.path.name, as_version=4)
    pairs = zip(lesson.nb.cells, twin.cells, strict=True)
    cells = [cell for mine, cell in pairs if cell.source != mine.source]
    options = defaultdict(bool, check=True)
    return [
        IPyNbCell.from_parent(lesson, name=f"Solved {k}", cell_num=k, cell=cell, options=options)
        for k, cell in enumerate(cells)
    ]
