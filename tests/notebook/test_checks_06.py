"""Checks of notebook 06: solutions pass, typical mistakes get a useful word."""

from math import ceil

from emolib.notebook.checks.nb06 import check_batch_flags, check_ramp, check_threshold


def test_ramp():
    assert check_ramp(lambda k, a, b, full: full * min(1, max(0, (k - a) / (b - a))))
    assert "no sync" in check_ramp(lambda k, a, b, full: full * min(1, (k - a) / (b - a))).message
    above = check_ramp(lambda k, a, b, full: full * max(0, (k - a) / (b - a)))
    assert "never gets above" in above.message
    assert "expected" in check_ramp(lambda k, a, b, full: full * (k >= b)).message
    assert check_ramp(...).state == "not attempted"


def opened_for_good(losses, below, full):
    found, is_open = [], False
    for loss in losses:
        is_open = is_open or loss < below
        found.append(full if is_open else 0.0)
    return found


def test_threshold():
    assert check_threshold(opened_for_good)
    assert "closes" in check_threshold(lambda ls, b, f: [f if x < b else 0 for x in ls]).message
    early = check_threshold(lambda ls, b, f: opened_for_good(ls, b + 1e-6, f))
    assert "not below" in early.message
    assert "values for" in check_threshold(lambda ls, b, f: [f]).message
    seen = []

    def remembers(losses, below, full):
        found = []
        for loss in losses:
            seen.append(loss)
            found.append(full if min(seen) < below else 0.0)
        return found

    assert "kept" in check_threshold(remembers).message


def test_batch_flags():
    assert check_batch_flags(lambda t, p, f: (t // p, ceil(t / p / f)))
    assert "each process" in check_batch_flags(lambda t, p, f: (t, ceil(t / f))).message
    assert "do not fit" in check_batch_flags(lambda t, p, f: (t // p, 1)).message
    assert "more than needed" in check_batch_flags(lambda t, p, f: (t // p, t // p)).message
    assert "is not" in check_batch_flags(lambda t, p, f: (1, 1)).message
