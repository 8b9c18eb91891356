"""Speech sounds with their times, and the silent closures of stops, found in the sound itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

_STOPS = frozenset("pbtdkɡgqcɟʈɖʔ")
_QUIET = 0.02  # of the loudest sample around: a closure
_SHORTEST = 6  # steps of 2.5 ms


@dataclass(frozen=True)
class Phone:
    """One speech sound: IPA, its time, and when a closure opens (`end_s` unless it is a stop)."""

    ipa: str
    start_s: float
    end_s: float
    release_s: float

    def moved(self, later_s: float, scale: float = 1.0) -> Phone:
        """The same sound later, after its times were scaled."""
        times_s = (self.start_s, self.end_s, self.release_s)
        return Phone(self.ipa, *(t * scale + later_s for t in times_s))


def find_closures(
    phones: list[Phone], sound: np.ndarray, rate_hz: int, before_s: float, after_s: float
) -> list[Phone]:
    """Give each stop its closure: the first quiet run around the time where it is said to begin.

    A stop then begins where its closure does, and is released where the closure ends. A stop
    without a quiet run keeps its times.

    Args:
        sound: (n,) at `rate_hz`; the phones' times count from its beginning.
        before_s, after_s: how far from a stop's beginning to look.
    """
    from scipy.ndimage import maximum_filter1d

    step = max(1, rate_hz // 400)  # 2.5 ms
    step_s, n = step / rate_hz, len(sound) // step
    loud = np.abs(sound[: n * step].reshape(n, step)).max(1)
    around = maximum_filter1d(loud, round(0.3 / step_s))  # the loudest within 0.15 s
    quiet = loud < _QUIET * np.maximum(around, 0.1 * loud.max(initial=0))
    found = list(phones)
    for i, phone in enumerate(found):
        if phone.ipa[0] not in _STOPS:
            continue
        earliest_s = max(0.0, phone.start_s - before_s)
        if i:
            before = found[i - 1]
            shut = before.release_s < before.end_s
            earliest_s = max(earliest_s, before.release_s if shut else before.start_s + 0.02)
        latest_s = min(phone.start_s + after_s, phone.end_s)
        run = _first_run(quiet, round(earliest_s / step_s), round(latest_s / step_s))
        if run is None:
            continue
        start_s, release_s = run[0] * step_s, min(run[1] * step_s, phone.end_s)
        found[i] = replace(phone, start_s=start_s, release_s=release_s)
        if i and before.end_s > start_s:
            found[i - 1] = replace(before, end_s=start_s, release_s=min(before.release_s, start_s))
    return found


def _first_run(flags: np.ndarray, start: int, stop: int) -> tuple[int, int] | None:
    """Where the first run of at least six True within `start:stop` begins and ends."""
    edges = np.diff(np.concatenate([[0], flags[start:stop].astype(np.int8), [0]]))
    for first, end in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
        if end - first >= _SHORTEST:
            return start + int(first), start + int(end)
    return None
