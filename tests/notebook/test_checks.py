"""Answers to the exercises: right ones pass (✓), the dots are no error (○), each usual mistake (✗)
gets a useful word."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats
from sklearn.metrics import silhouette_score

from emolib.base.emotions import EMOTIONS
from emolib.media.mel import window_start
from emolib.notebook.checks import (
    nb00,
    nb01,
    nb02,
    nb03,
    nb04,
    nb05,
    nb06,
    nb07,
    nb08,
    nb09,
    nb10,
    nb11,
)

CASES = []


def answers(check, *rows):
    """Add rows of (what the verdict says, an answer)."""
    CASES.extend((check, answer, told) for told, answer in rows)


def changing(function):
    """The same answer, given in the array that came in."""

    def spoil(values, *rest):
        values[...] = function(values, *rest)
        return values

    return spoil


# notebook 00
def softened(code, strength, add=True):
    weights = strength * np.eye(6)[EMOTIONS.index(code)]
    weights[4] = (weights[4] if add else 0) + 1 - strength
    return weights


def there_and_back(n_source, n_out):
    path = [*range(n_source), *range(n_source - 2, 0, -1)]
    return [path[k % len(path)] for k in range(n_out)]


answers(
    nb00.check_softened,
    ("✓", softened),
    ("sum to", lambda c, s: s * np.eye(6)[EMOTIONS.index(c)]),
    ("✗", lambda c, s: softened(c, s, add=False)),
    ("six", lambda c, s: np.zeros(5)),
)
answers(
    nb00.check_back_and_forth,
    ("✓", there_and_back),
    ("jumps", lambda n, m: [k % n for k in range(m)]),
    ("do not exist", lambda n, m: list(range(m))),
    ("wanted", lambda n, m: [0]),
    ("begin at 0", lambda n, m: [n - 1 - k for k in there_and_back(n, m)]),
)
answers(
    nb00.check_untouched,
    ("✓", lambda f, s: float((f == s).all(axis=(0, 3)).mean())),
    ("mean over frames", lambda f, s: float((f == s).all(axis=3).mean())),
    ("1.0", lambda f, s: 0.3),
    ("quarter", lambda f, s: float((f == s).mean())),
)


# notebook 01
def centred_mean(values, half):
    reach = [min(half, i, len(values) - 1 - i) for i in range(len(values))]
    return np.array([values[i - r : i + r + 1].mean() for i, r in enumerate(reach)])


def split(clips, is_test=None):
    held = sorted({clip.actor for clip in clips})[:2]
    is_test = is_test or (lambda clip: clip.actor in held)
    return {clip.name: "test" if is_test(clip) else "train" for clip in clips}


def half_mask(frames):
    return np.concatenate([frames[:, :, :48], 0 * frames[:, :, 48:]], axis=2)


answers(
    nb01.check_centred_mean,
    ("✓", centred_mean),
    ("centred", lambda v, half: np.array([v[i : i + 5].mean() for i in range(len(v))])),
    ("ends", lambda v, half: np.convolve(v, np.ones(5) / 5, "same")),
    ("peak", lambda v, half: v.copy()),
    ("input has changed", changing(lambda v, half: v + 1)),
)
answers(
    nb01.check_actor_split,
    ("✓", split),
    ("both splits", lambda clips: split(clips, lambda c: "HAP" in c.name)),
    ("order", lambda clips: split(clips, lambda c: c.actor == clips[0].actor)),
)
answers(
    nb01.check_half_mask,
    ("✓", half_mask),
    ("input has changed", changing(half_mask)),
    ("third axis", lambda f: np.concatenate([f[..., :48], 0 * f[..., 48:]], axis=-1)),
)


# notebook 02
def negative(n_starts, start, rng):
    return int(rng.choice(np.flatnonzero(np.abs(np.arange(n_starts) - start) >= 3)))


answers(
    nb02.check_five_frame_start,
    ("✓", lambda frame: window_start(frame, n_frames=5)),
    ("✓", lambda frame: 80 * frame // 25),
    ("✗", lambda frame: round(3.2 * frame)),
    ("whole", lambda frame: float(80 * frame // 25)),
)
answers(nb02.check_seconds_late, ("✓", 12), ("1,500", -10))
answers(
    nb02.check_negative,
    ("✓", negative),
    ("almost in sync", lambda n, start, rng: int(rng.integers(n))),
    ("never come up", lambda n, start, rng: start + 3 if start + 3 < n else start - 3),
)


# notebook 03
def plateau(share):
    return -share * np.log(share) - (1 - share) * np.log(1 - share)


def cosine(v, s, eps=1e-8):
    return (v * s).sum(1) / (v.norm(dim=1) * s.norm(dim=1)).clamp(min=eps)


def best_offset(table, average=np.mean):
    return max(range(-6, 7), key=lambda d: average(np.diagonal(table, -d)))


answers(
    nb03.check_plateau,
    ("✓", plateau),
    ("which one is", lambda share: np.log(2)),
    ("weights", lambda share: 4 * share * (1 - share) * np.log(2)),
    ("log 2", lambda share: 1.0),
)
answers(
    nb03.check_sync_prob,
    ("✓", cosine),
    ("✓", torch.cosine_similarity),
    ("grows with", lambda v, s: (v * s).sum(1)),
    ("shape", lambda v, s: v @ s.T),
    ("ε", lambda v, s: cosine(v, s, 0)),
    ("below the line", lambda v, s: (v * s).sum(1) / v.norm(dim=1)),
)
answers(
    nb03.check_best_offset,
    ("✓", best_offset),
    ("other way round", lambda table: -best_offset(table)),
    ("mean", lambda table: best_offset(table, np.sum)),
    ("found", lambda table: 2),
)


# notebook 04
def fold(video):
    return video.transpose(1, 2).flatten(0, 1)


def cover(frames, y, x, side, copy=True):
    other = frames.clone() if copy else frames
    other[..., y : y + side, x : x + side] = 0.5
    return other


def leak(clips, of=None):
    test = clips[clips.split == "test"]
    known = set(clips.actor[clips.split == "train"])
    return test.actor.isin(known).sum() / (of or len(test))


answers(
    nb04.check_fold,
    ("✓", fold),
    ("T next", lambda v: v.reshape(-1, *v.shape[1:2], *v.shape[3:])),
    ("in order", lambda v: v.permute(2, 0, 1, 3, 4).flatten(0, 1)),
    ("shape", lambda v: v.flatten(0, 1)),
)
answers(
    nb04.check_leak,
    ("✓", leak),
    ("divide by", lambda clips: leak(clips, len(clips))),
    ("nobody in both", lambda clips: 0.5),
    ("ZeroDivisionError", lambda clips: 1 / 0),
)
answers(
    nb04.check_cover,
    ("✓", cover),
    ("copy", lambda *given: cover(*given, copy=False)),
    ("rows come before", lambda f, y, x, s: cover(f, x, y, s)),
    ("rows 3 to 6", lambda f, y, x, s: cover(f, y, x, s - 1)),
    ("shape", lambda f, y, x, s: f[0]),
)


# notebook 05
def joined(sound, emotion, encoder, repeat=lambda e, T: e.repeat_interleave(T, 0), turned=False):
    label = encoder(repeat(emotion, len(sound) // len(emotion)))[..., None, None]
    return torch.cat([label, sound] if turned else [sound, label], 1)


def decode(x, blocks, skips):
    for block, skip in zip(blocks, reversed(skips), strict=True):
        x = torch.cat([block(x), skip], 1)
    return x


def popping(x, blocks, skips):
    for block in blocks:
        x = torch.cat([block(x), skips.pop()], 1)
    return x


def without_last_skip(x, blocks, skips):
    x = blocks[0](x)
    for block, skip in zip(blocks[1:], reversed(skips[1:]), strict=True):
        x = block(torch.cat([x, skip], 1))
    return x


answers(
    nb05.check_seq,
    ("✓", joined),
    ("mixed", lambda *given: joined(*given, repeat=lambda e, T: e.repeat(T, 1))),
    ("sound first", lambda *given: joined(*given, turned=True)),
    ("shape", lambda sound, emotion, encoder: sound),
    ("wrong numbers", lambda s, e, encoder: torch.cat([s, s], 1)),
)
answers(
    nb05.check_decode,
    ("✓", decode),
    ("empty", popping),
    ("last skip", without_last_skip),
    ("then the skip", lambda *given: decode(*given).roll(3, 1)),
)
answers(
    nb05.check_blend,
    ("✓", lambda colour, w, warped: w * colour + (1 - w) * warped),
    ("other way", lambda colour, w, warped: w * warped + (1 - w) * colour),
    ("add up", lambda colour, w, warped: w * colour + warped),
    ("shape", lambda colour, w, warped: w),
)


# notebook 06
def d_step(D, adam, batch, frames="target_frames", fresh=True, learn=True):
    if fresh:
        adam.zero_grad()
    F.cross_entropy(D(batch[frames]), batch["emotion_idx"]).backward()
    if learn:
        adam.step()


def alphas_of(losses, below, full, is_open=False):
    found = []
    for loss in losses:
        is_open = is_open or loss < below
        found.append(full if is_open else 0.0)
    return found, is_open


def follow(slow, now, decay):
    for a, b in zip(slow.parameters(), now.parameters(), strict=True):
        a.data.lerp_(b.data, 1 - decay)


answers(
    nb06.check_d_step,
    ("✓", d_step),
    ("left over", lambda *given: d_step(*given, fresh=False)),
    ("adam.step", lambda *given: d_step(*given, learn=False)),
    ("true frames", lambda *given: d_step(*given, frames="reference_frames")),
)
answers(
    nb06.check_alpha_state,
    ("✓", alphas_of),
    ("begins closed", lambda losses, below, full, is_open=False: alphas_of(losses, below, full)),
    ("closes again", lambda ls, b, f, o=False: ([f * (x < b) for x in ls], ls[-1] < b)),
    ("not below", lambda ls, b, f, o=False: alphas_of(ls, b + 1e-9, f, o)),
)
answers(
    nb06.check_follow,
    ("✓", follow),
    ("other way", lambda a, b, d: follow(a, b, 1 - d)),
    ("only the slow", lambda a, b, d: follow(b, a, d)),
    ("decay ·", lambda a, b, d: None),
    ("bias too", lambda a, b, d: a.weight.data.lerp_(b.weight.data, 1 - d)),
)


# notebook 07
def recipe_diff(a, b):
    a, b = asdict(a), asdict(b)
    return {key: (a[key], b[key]) for key in a if a[key] != b[key]}


def no_worse(low, high, margin):
    return "holds" if low > -margin else "does not hold" if high < -margin else "undecided"


def drawn_actors(values, actors, rng):
    names = np.unique(actors)
    chosen = rng.choice(names, len(names))
    return np.concatenate([values[actors == name] for name in chosen]).mean()


def interval(draw):
    rng = np.random.default_rng(0)
    return tuple(np.percentile([draw(rng) for _ in range(400)], [2.5, 97.5]))


answers(nb07.check_recipe_diff, ("✓", recipe_diff), ("augment", lambda a, b: {}))
answers(
    nb07.check_paired_interval,
    ("✓", lambda a, b, actors: interval(lambda rng: drawn_actors(b - a, actors, rng))),
    (
        "clip by clip",
        lambda a, b, actors: interval(lambda r: r.choice(b, 72).mean() - r.choice(a, 72).mean()),
    ),
    ("whole actors", lambda a, b, actors: interval(lambda rng: rng.choice(b - a, 72).mean())),
)

answers(
    nb07.check_no_worse,
    ("✓", no_worse),
    ("within the margin", lambda low, high, margin: no_worse(low, high, 0)),
    ("both sides", lambda low, high, margin: "holds"),
)


# notebook 08
def lse(distances):
    means = distances.mean(axis=0)
    return means.min(), np.median(means) - means.min(), 15 - int(means.argmin())


def frechet_axes(a, b):
    spreads = a.std(axis=0, ddof=1) - b.std(axis=0, ddof=1)
    return ((a.mean(axis=0) - b.mean(axis=0)) ** 2 + spreads**2).sum()


answers(
    nb08.check_lse,
    ("✓", lse),
    ("order matters", lambda d: (d.min(axis=1).mean(), 0, 0)),
    ("median", lambda d: (lse(d)[0], 0, 0)),
    ("sign", lambda d: (*lse(d)[:2], -lse(d)[2])),
    ("column 11", lambda d: (*lse(d)[:2], 11)),
)
answers(
    nb08.check_frechet_axes,
    ("✓", frechet_axes),
    ("spreads", lambda a, b: (a.mean() - b.mean()) ** 2),
    ("ddof", lambda a, b: (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2),
    ("sum over", lambda a, b: frechet_axes(a[:, :1], b[:, :1])),
)
answers(
    nb08.check_draw,
    ("✓", drawn_actors),
    ("in part", lambda v, a, rng: rng.choice(v, len(v)).mean()),
    ("same", lambda v, a, rng: v.mean()),
    ("✗", lambda v, a, rng: v[a != rng.choice(np.unique(a))].mean()),
)


# notebook 09
def springs(p, y, factor=4, far=True):
    """t-SNE's gradient by autograd, or spoiled by hand."""
    y = torch.from_numpy(y).requires_grad_()
    apart = y[:, None] - y[None]
    w = 1 / (1 + apart.square().sum(-1)) * (1 - torch.eye(len(y)))
    q = w / w.sum()
    if not far:
        return (4 * ((torch.from_numpy(p) - q)[..., None] * apart).sum(1)).detach().numpy()
    loss = -(torch.from_numpy(p) * q.clamp(min=1e-300).log()).sum()
    return factor / 4 * torch.autograd.grad(loss, y)[0].numpy()


def nearest(points, labels, people, strangers=True):
    right = []
    for i in range(len(points)):
        others = people != people[i] if strangers else np.arange(len(points)) != i
        away = np.linalg.norm(points[others] - points[i], axis=1)
        right.append(labels[others][away.argmin()] == labels[i])
    return float(np.mean(right))


answers(
    nb09.check_gradient,
    ("✓", springs),
    ("sign", lambda p, y: springs(p, y, -4)),
    ("factor 4", lambda p, y: springs(p, y, 1)),
    ("far points", lambda p, y: springs(p, y, far=False)),
)
answers(nb09.check_silhouette, ("✓", silhouette_score), ("expected", lambda p, y: 0.5))
answers(
    nb09.check_new_people,
    ("✓", nearest),
    ("same person", lambda *given: nearest(*given, strangers=False)),
)


# notebook 10
def timed_walk(stations, times_s, n_frames):
    at_s = np.arange(n_frames) / 25
    return np.stack([np.interp(at_s, times_s, column) for column in stations.T], axis=1)


def area(boxes):  # (T, F), nan where a face is absent
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def fade(found, n):
    frames, gone = np.arange(len(found)), np.flatnonzero(~found)
    distance = np.abs(frames[:, None] - gone).min(axis=1)
    return np.clip(distance / (n + 1), 0, 1)


answers(
    nb10.check_timed_walk,
    ("✓", timed_walk),
    ("expected (60, 6)", lambda w, t, n: timed_walk(w, t, n).T),
    ("times_s says when", lambda w, t, n: timed_walk(w, np.linspace(0, (n - 1) / 25, 3), n)),
    ("sum to", lambda w, t, n: 0.5 * timed_walk(w, t, n)),
    ("0.8 s", lambda w, t, n: timed_walk(w, 25 * t, n)),
    ("stay", lambda w, t, n: np.roll(timed_walk(w, t - 0.04, n), 1, axis=0)),
    ("half of each", lambda w, t, n: np.eye(6)[timed_walk(w, t, n).argmax(axis=1)]),
)
answers(
    nb10.check_speaker,
    ("✓", lambda boxes: np.nansum(area(boxes), axis=0).argmax()),
    ("single frame", lambda boxes: np.nanmean(area(boxes), axis=0).argmax()),
    ("sum areas", lambda boxes: np.isfinite(boxes).sum(axis=(0, 2)).argmax()),
)
answers(
    nb10.check_fade,
    ("✓", fade),
    ("expected fifths", lambda f, n: f.astype(float)),
    ("nothing", lambda f, n: np.ones(len(f))),
    ("own two ends", lambda f, n: fade(f & (np.arange(30) % 29 > 0), n)),
    ("reversed", lambda f, n: np.where(np.arange(30) < 14, fade(f, n), f)),
)


# notebook 11
def events_of(text):
    found = []
    for block in text.split("\n\n"):
        lines = [line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")]
        data = "".join(value for name, value in lines if name == "data")
        if data:
            found.append((dict(lines)["event"], json.loads(data)))
    return found


def t_interval(scores, quantile=None, clip=True):
    n = len(scores)
    half = (quantile or stats.t.ppf(0.975, n - 1)) * np.std(scores, ddof=1) / np.sqrt(n)
    edges = np.array([np.mean(scores) - half, np.mean(scores) + half])
    return tuple(edges.clip(0, 5) if clip else edges)


def people_needed(sd, half):
    n = 2
    while stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n) > half:
        n += 1
    return n


answers(
    nb11.check_events,
    ("✓", events_of),
    ("two lines", lambda text: events_of(text)[:1]),
    ("no events", lambda text: [("retry", {}), *events_of(text)]),
    ("event 1", lambda text: [("x", data) for _, data in events_of(text)]),
)
answers(
    nb11.check_rating_interval,
    ("✓", t_interval),
    ("1.96", lambda scores: t_interval(scores, 1.96)),
    ("leaves the scale", lambda scores: t_interval(scores, clip=False)),
)
answers(
    nb11.check_people_needed,
    ("✓", people_needed),
    ("normal", lambda sd, half: int(np.ceil((1.96 * sd / half) ** 2))),
    ("enough", lambda sd, half: 500),
)


@pytest.mark.parametrize(
    ("check", "answer", "told"),
    CASES,
    ids=[f"{c.__module__[-4:]}-{c.__name__}-{told}" for c, _, told in CASES],
)
def test_answers(check, answer, told):
    verdict = repr(check(answer))
    assert told in verdict and verdict[0] == (told if told in "✓○✗" else "✗")
