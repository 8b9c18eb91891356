"""The model card: what each shipped network is, how it was made, what was measured, what to expect.

Everything in it is read from the files themselves: the checkpoints' metadata, their training logs,
the stored results. What none of them tells, the card says is not recorded or not measured.

Follows: Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from __future__ import annotations

import json
from pathlib import Path

from emolib.base.emotions import EMOTIONS
from emolib.base.files import checkpoints_dir, results_dir
from emolib.evaluation.shelf import Shelved, measured_on, shelved, stored_results
from emolib.evaluation.stored import is_evaluation
from emolib.evaluation.table2 import lines as evaluation_lines
from emolib.models.checkpoint import CheckpointMeta

REAL = "real"  # results on real people name a corpus that begins so
MAX_SCALARS = 12
KINDS = {
    "generator": "Generator: reference frames, sound and an emotion in; talking frames out.",
    "syncnet": "Lip-sync expert: do these five frames belong to this sound?",
    "emotion": "Emotion discriminator: which of six emotions do these frames show? It teaches"
    " generators, so it does not judge them.",
    "classifier": "Independent emotion classifier: the same question, another network, other draws;"
    " it judges generators and never taught one.",
    "syncnet-lse": "Evaluation SyncNet, for published LSE numbers.",
}
INTRO = """\
<!-- Written by scripts/make_model_card.py from the files it describes; do not edit. -->
# Model card

The networks in `data/checkpoints/`, each told from its own file. They are for learning, teaching
and research on talking faces. Those that say "synthetic" learned from rendered people, none of whom
exists.

**Not for** showing people saying what they did not say without their consent, nor for judging what
they feel: the emotion networks name six *acted* expressions and know nothing of a state of mind.
Films made by `emolib` are marked as generated, in the picture and in the file.
"""
LIMITS = """\
- Rendered people, light, hair and skin; heads that nod and turn a little but always face the
  camera; 96 pixels a face. Numbers are on rendered people whom the networks never saw, unless
  they say real.
- No glasses, no hands before the mouth, no profile views, one face at a time were in the training
  data. Speech was espeak-ng's English.
- Six emotions, acted by rule with small personal differences. Real people differ more, and what a
  face means differs between cultures.
- An accuracy by an emotion network of this project says how far networks of this project agree.
  face-api's expression network, trained on real faces, is the harder judge; yet the rules by which
  the rendered people act were tuned until it read them (on other people than any measured).
- The real files below are three, and they helped to choose between the two last runs of
  `lite-generator`: what they say is kinder than a new face will be.
"""
METRICS = {  # of a stage's own evaluation: label, factor, unit
    "accuracy": ("accuracy", 100, " %"),
    "in_sync": ("right in sync", 100, " %"),
    "off_sync": ("right off sync", 100, " %"),
    "offset_right": ("offset right within a frame", 100, " %"),
    "best_offset": ("best offset of all", 1, " frames"),
    "emotion_accuracy": ("accuracy of its own discriminator on what it makes", 100, " %"),
    "psnr_db": ("psnr", 1, " dB"),
    "psnr_copy_db": ("psnr of the reference given back", 1, " dB"),
    "l1": ("mean absolute error", 1, ""),
    "sync_loss": ("sync loss", 1, ""),
    "sync_loss_true": ("sync loss of true frames", 1, ""),
}
LICENCES = """\
Weights: Apache-2.0, as the code (`LICENSE`). Training data: CC0-1.0, rendered by this project from
MakeHuman's CC0 head and espeak-ng's voice (`emolib/assets/NOTICE.md`). No weights, pictures or
recordings of others went into training but these judges of the losses: face-api's networks (MIT,
trained on photographs of real people) as perceptual features where a log says so.
"""


def model_card(checkpoints: Path | None = None, results: Path | None = None) -> str:
    """The card as Markdown, for whatever checkpoints and results are there."""
    folder = Path(checkpoints or checkpoints_dir())
    shelf = [shelved(path) for path in sorted(folder.glob("*.safetensors"))]
    found = stored_results(Path(results or results_dir()))
    parts = [INTRO, "## At a glance\n", _glance(shelf)]
    parts += [_section(one, found) for one in shelf]
    parts += ["## The people they learned from\n", _corpora(shelf)]
    parts += ["## Limits\n", LIMITS, "### On real people\n", _real(found)]
    parts += ["## Licences\n", LICENCES]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _glance(shelf: list[Shelved]) -> str:
    if not shelf:
        return "There are no checkpoints yet.\n"
    rows = ["| file | kind | recipe | steps | minutes | size | on held-out people |"]
    rows.append("|---|---|---|---:|---:|---:|---|")
    for one in shelf:
        meta = one.meta
        minutes = meta.training.get("minutes")
        told = "not recorded" if minutes is None else f"{minutes:g}"
        best = _listed([text for text in _metrics(meta) if not text[:3].isupper()][:3])
        cells = (f"[`{one.name}`](#{one.name})", meta.kind, meta.recipe, f"{meta.steps:,}", told)
        rows.append("| " + " | ".join((*cells, f"{one.size_mb:.2f} MB", best)) + " |")
    return "\n".join(rows) + "\n"


def _metrics(meta: CheckpointMeta) -> list[str]:
    """Numbers of the last evaluation in training; shares as percentages."""
    told = []
    for name, value in meta.metrics.items():
        if not isinstance(value, int | float):
            continue
        label, factor, unit = METRICS.get(name, (name, 1, ""))
        if name in EMOTIONS:
            factor, unit = 100, " %"
        told.append(f"{label} {factor * value:.4g}{unit}")
    return told


def _section(one: Shelved, results: dict[str, dict]) -> str:
    meta, training = one.meta, one.meta.training
    phases = training.get("phases", [])
    wide = ", ".join(f"{key} {value}" for key, value in meta.architecture.items())
    lines = [f"## {one.name}\n", KINDS.get(meta.kind, meta.kind) + "\n"]
    lines += [f"- **Network**: {one.n_parameters:,} numbers with statistics of norms; {wide}."]
    if meta.inputs:
        fed = ", ".join(f"{key} {value}" for key, value in meta.inputs.items())
        lines.append(f"- **Input**: {fed}.")
    lines.append(f"- **Data**: {meta.corpus or 'not recorded'}.")
    steps = f"{meta.steps:,} steps" + (f", the last run {meta.step:,}" if phases[1:] else "")
    lines.append(f"- **Recipe**: {meta.recipe}; profile {meta.profile}; {steps}.")
    lines.append(f"- **Held-out people**, at the end of training: {_listed(_metrics(meta))}.")
    if meta.note:
        lines.append(f"- **Note**: {meta.note.rstrip('.')}.")
    size = f"{one.size_mb:.2f} MB, sha256 `{one.sha256}`"
    logged = f"log `{one.name}.log.jsonl` ({len(one.log)} lines)" if one.log else "no log"
    lines += [f"- **File**: {size}; {logged}; emolib {meta.emolib}.", "", "Training:", ""]
    lines += [text for phase in phases for text in _phase(phase)] or ["Not recorded.", ""]
    lines += _measured(one, results)
    return "\n".join(lines) + "\n"


def _listed(items: list[str]) -> str:
    return ", ".join(items) or "not recorded"


def _phase(phase: dict) -> list[str]:
    where = ", ".join(
        str(phase[key]) for key in ("device", "precision") if phase.get(key) is not None
    )
    steps, minutes = f"{phase['steps']:,} steps", f"{phase['minutes']:g} minutes"
    told = f"{steps} of {phase['batch_size']} windows in {minutes}; {where}; seed {phase['seed']}"
    return ["```", phase["command"], "```", told + ".", ""]


def _measured(one: Shelved, results: dict[str, dict]) -> list[str]:
    """What the stored results measured on these very weights."""
    lines = []
    for name, result in results.items():
        if measured_on(result) != one.sha256 or _is_real(result):
            continue
        corpus = result["record"]["corpus"]
        lines += [f"Measured (`data/results/{name}`; {corpus}):", "", "```"]
        lines += [*_told(result), "```", ""]
    return lines or ["No stored result was measured on these weights.", ""]


def _told(result: dict) -> list[str]:
    """A result in a few lines."""
    if is_evaluation(result):
        return evaluation_lines(result)
    numbers = result["numbers"]
    return [f"{key}: {value}" for key, value in _scalars(numbers)][:MAX_SCALARS] or ["(no scalars)"]


def _scalars(numbers: dict, before: str = "") -> list[tuple[str, str]]:
    """Numbers at the top of a result and one level below, the checkpoint's own facts left out."""
    found = []
    for key, value in numbers.items():
        if isinstance(value, bool) or key.startswith("checkpoint"):
            continue
        if isinstance(value, int | float):
            found.append((before + key, f"{value:.4g}"))
        elif isinstance(value, dict) and not before:
            found += _scalars(value, f"{key} ")
    return found


def _is_real(result: dict) -> bool:
    return str(result["record"]["corpus"]).lower().startswith(REAL)


def _real(results: dict[str, dict]) -> str:
    lines = []
    for name, result in results.items():
        if not _is_real(result):
            continue
        numbers = result["numbers"]
        by = numbers.get("checkpoint", "a network of this project")
        by = by.get("name") if isinstance(by, dict) else by
        lines += [f"`data/results/{name}`, measured with `{by}`:", ""]
        groups = numbers.get("groups")  # as benchmarks/real_files.py writes it
        lines += _by_kind(groups) if groups else ["```", *_told(result), "```"]
        lines.append("")
    return "\n".join(lines) + "\n" if lines else "Not measured.\n"


def _by_kind(groups: dict[str, dict]) -> list[str]:
    """What `benchmarks/real_files.py` found, a row for each kind of face."""
    codes = list(groups["all"]["per_emotion"])
    head = ["face", "films", "emotion named", *codes, "same person"]
    head += ["mouth follows loudness", "detail kept (96 px pasted)"]
    rows = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for kind, found in groups.items():
        shares = [found["emoacc"], *found["per_emotion"].values(), found["same_person"]]
        cells = [kind, str(found["clips"]), *(f"{100 * share:.0f} %" for share in shares)]
        cells.append(f"{found['mouth_follows']:.2f}")
        cells.append(f"{100 * found['detail']:.0f} % ({100 * found['detail_96']:.0f} %)")
        rows.append("| " + " | ".join(cells) + " |")
    rows += [
        "",
        "Emotions by an expression judge that learned on photographs (chance 17 %); same person: "
        "the identity net's distance to the source is under its threshold; mouth: correlation of "
        "opening and loudness, frame by frame; detail: fine structure, as a share of the source's.",
    ]
    return rows


def _corpora(shelf: list[Shelved]) -> str:
    """Each corpus once, with the commands that film it again."""
    groups: dict[str, list[str]] = {}
    for one in shelf:
        told = json.dumps(one.meta.training.get("corpus"), sort_keys=True)
        groups.setdefault(told, []).append(f"`{one.name}`")
    lines = []
    for told, names in groups.items():
        corpus = json.loads(told)
        if corpus is None:
            lines += [f"{_listed(names)}: how the corpus was made is not recorded in the file.", ""]
            continue
        said = ", ".join(corpus["sentences"])
        lines += [
            f"{_listed(names)}: {corpus['people']} {corpus['what']}, {corpus['clips']:,} clips, "
            f"seed {corpus['seed']}, sentences {said}.",
            *("", "```", *corpus["commands"], "```", ""),
        ]
    return "\n".join(lines) + "\n" if lines else "None.\n"
