"""The `emolib` command: parse, call, print. No logic lives here.

Exit codes: 0 done · 1 one clear line on what is wrong · 2 wrong usage · 3 done, but some items were
skipped and a report says which.
"""

from __future__ import annotations

import sys
import warnings

from emolib.base.errors import EmolibError, EmolibWarning
from emolib.cli import data, networks, reports, talk, web  # the commands
from emolib.cli.root import SKIPPED, app

__all__ = ["SKIPPED", "app", "data", "main", "networks", "reports", "talk", "web"]


def main() -> None:
    """Entry point: an `EmolibError` becomes one line on stderr and exit code 1."""
    warnings.showwarning = _show_warning
    try:
        app()
    except EmolibError as error:
        print(f"emolib: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("emolib: interrupted", file=sys.stderr)
        sys.exit(130)


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """Our own warnings as one plain line; others as Python shows them."""
    if issubclass(category, EmolibWarning):
        text = f"emolib: note: {message}"
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line).rstrip()
    print(text, file=file or sys.stderr)
