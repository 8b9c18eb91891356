"""What the media room warns of, as notes of the report: whoever called sees them in one place.

A page or a notebook shows the report, not Python's warnings. Warnings of others pass on.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from emolib.base.errors import EmolibWarning


@contextmanager
def noted() -> Iterator[list[str]]:
    """A list that holds, once the block has ended, each `EmolibWarning` of the block once."""
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EmolibWarning)
        yield notes
    for one in heard:
        if not issubclass(one.category, EmolibWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        elif str(one.message) not in notes:
            notes.append(str(one.message))
