"""All that would fail after hours, found before the first minute."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from plan import frames_of
from profiles import changes_of, given_clips, needed_stores, stores_of

CROP_BYTES = 96 * 96 * 3
FILM_BYTES = 4_000  # a frame of a film, about
WEIGHTS_MB = 580  # of the paper's generator: state with two moments; goes with the width squared


def disk_bytes(profile: dict) -> int:
    """What the plan writes, about: films, stores, states of trainings, in bytes."""
    frames = sum(frames_of(profile, corpus) for corpus in needed_stores(profile))
    n_phases = sum(len(one.get("phases", [])) for one in profile["runs"].values())
    states = 2.2e6 * WEIGHTS_MB * max(profile["width"], 0.1) ** 2 * n_phases
    return round(frames * (CROP_BYTES + FILM_BYTES) + states)


def problems(profile: dict, folder: Path) -> list[str]:
    """All that would fail later, as sentences; empty: begin.

    Looked at: names and settings of recipes, that judges and corpora exist, the people and labels
    of corpora that are there already, disk space.
    """
    if wrong := _names(profile):
        return wrong
    found = [*_settings(profile), *_corpora(profile)]
    there = next(p for p in (folder, *folder.parents) if p.exists())
    free, wanted = shutil.disk_usage(there).free, disk_bytes(profile)
    if free < wanted:
        found.append(
            f"{there}: {free / 1e9:.1f} GB free; the plan needs about {wanted / 1e9:.1f} GB"
        )
    if not os.access(there, os.W_OK):
        found.append(f"{there}: cannot be written")
    return found


def _names(profile: dict) -> list[str]:
    found, corpora, judges, runs = [], *(profile[k] for k in ("corpora", "judges", "runs"))
    for kind in ("judges", "runs"):
        for name, one in profile[kind].items():
            lost = [c for c in stores_of(one) if c not in corpora]
            found += [f"{kind} {name}: no corpus is called {c}" for c in lost]
            weights = one.get("weights")
            if weights:
                found += [f"{kind} {name}: {wrong}" for wrong in _given(profile, one)]
            elif not weights and not (one.get("phases") or one.get("options")):
                found.append(f"{kind} {name}: neither weights nor steps to train")
    for name, one in runs.items():
        lost = [judge for judge in one.get("judges", {}).values() if judge not in judges]
        found += [f"runs {name}: no judge is called {judge}" for judge in lost]
        for key in ("base", "start"):
            if one.get(key) and (one[key] not in runs or one[key] == name):
                found.append(f"runs {name}: {key} is {one[key]}, which is no other run")
    settings = profile["evaluate"]
    if settings["store"] not in corpora:
        found.append(f"evaluate: no corpus is called {settings['store']}")
    used = [judge for judge in settings.get("judges", {}).values() if judge != "none"]
    return found + [
        f"evaluate: no judge is called {judge}" for judge in used if judge not in judges
    ]


def _given(profile: dict, one: dict) -> list[str]:
    """What is wrong with weights that are given: missing, of another kind or width."""
    from emolib.base.errors import EmolibError
    from emolib.models.checkpoint import read_meta

    weights, kind = one["weights"], one.get("stage", "generator")
    if not Path(weights).is_file():
        return [f"no weights {weights}"]
    try:
        meta = read_meta(weights)
    except EmolibError as error:
        return [str(error)]
    made, wanted = float(meta.architecture.get("width", 1.0)), float(profile["width"])
    found = [f"{weights}: weights of kind {meta.kind}, not {kind}"] if meta.kind != kind else []
    return found + ([f"{weights}: width {made:g}, not {wanted:g}"] if made != wanted else [])


def _settings(profile: dict) -> list[str]:
    """Recipes and their settings, as `emolib train` would take them."""
    from emolib.base.errors import EmolibError
    from emolib.training.recipe_types import varied
    from emolib.training.recipes import find_recipe, in_phase
    from emolib.training.start import parse_changes

    found = []
    for kind in ("judges", "runs"):
        for name, one in profile[kind].items():
            stage = one.get("stage", "generator")
            parts = one.get("phases") or [one.get("options") or {}]
            for part in parts if "weights" not in one else []:
                try:
                    changes = parse_changes(changes_of(profile, one, part))
                    changes = {"network.width": str(float(profile["width"])), **changes}
                    recipe = find_recipe(stage, one["recipe"])
                    recipe = in_phase(recipe, part["phase"]) if "phase" in part else recipe
                    recipe = varied(recipe, changes)
                    found += _asked_judges(name, recipe, one) if kind == "runs" else []
                except (EmolibError, ValueError) as error:
                    found.append(f"{kind} {name}: {error}")
                if not int(part.get("steps", 0)) > 0:
                    found.append(f"{kind} {name}: how many steps?")
    return list(dict.fromkeys(found))


def _asked_judges(name: str, recipe, one: dict) -> list[str]:
    """Losses without their judge: training would leave them out, or stop."""
    given, weights = one.get("judges", {}), recipe.weights
    wanted = {"syncnet": weights.sync, "emotion-disc": weights.emotion}
    lost = [judge for judge, weight in wanted.items() if weight and judge not in given]
    found = [f"runs {name}: {one['recipe']} asks a judge: {judge}" for judge in lost]
    if recipe.face_encoder != "learn" and not one.get("base"):
        found.append(f"runs {name}: {one['recipe']} needs a base")
    return found


def _corpora(profile: dict) -> list[str]:
    """People and labels of the corpora: those filmed here by their settings, others by looking."""
    from emolib.base.errors import EmolibError
    from emolib.data.splits import make_splits

    found = []
    for corpus in needed_stores(profile):
        one = profile["corpora"][corpus]
        mode = one.get("prepare", {}).get("split", "actor")
        if "synth" in one:
            n = int(one["synth"]["actors"])
            n_test = n if mode == "none" else max(1, round(0.05 * n))
            people = {"train": n - n_test, "test": n_test}
            if mode == "random95":
                people = {"train": n, "test": n}
            labelled = True
        else:
            try:
                clips = given_clips(profile, corpus)
                split = make_splits(clips, mode)
            except EmolibError as error:
                found.append(f"corpus {corpus}: {error}")
                continue
            people = {
                side: len({clip.actor for clip in clips if split[clip.name] == side})
                for side in ("train", "test")
            }
            labelled = any(clip.emotion for clip in clips)
        found += lacks(corpus, one.get("needs", {}), people, labelled)
    return found


def lacks(corpus: str, needs: dict, people: dict[str, int], labelled: bool) -> list[str]:
    """What a corpus lacks, as sentences. `needs`: train_people, test_people, labels."""
    found = []
    for side in ("train", "test"):
        wanted = needs.get(f"{side}_people", 0)
        if people[side] < wanted:
            found.append(f"corpus {corpus}: {people[side]} {side} people; needed are {wanted}")
    if needs.get("labels") and not labelled:
        found.append(f"corpus {corpus}: no clip has an emotion label")
    return found
