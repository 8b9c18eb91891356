"""The `emolib` command: parse, call, print. No logic lives here.

Exit codes: 0 done · 1 one clear line on what is wrong · 2 wrong usage · 3 done, but some items were
skipped and a report says which.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from emolib.errors import EmolibError, EmolibWarning

app = typer.Typer(
    name="emolib",
    help="Emotionally enhanced talking faces: a face, any speech, one of six emotions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

SKIPPED = 3  # exit code: finished, with a report of skipped items


@app.callback()
def _root() -> None:
    """Keeps `emolib COMMAND` the form even while there is one command."""


@app.command(epilog="Example: emolib doctor")
def doctor() -> None:
    """Check this machine: versions, device, codecs, weights, disk, corpora, checkpoints."""
    from emolib.doctor import examine

    lines = examine()
    for line in lines:
        typer.echo(str(line))
    if any(line.state == "fail" for line in lines):
        raise typer.Exit(1)


@app.command(
    epilog="Example: emolib generate --face me.mp4 --audio speech.wav --emotion happiness"
    " --out out.mp4"
)
def generate(
    face: Annotated[Path, typer.Option(help="video or picture of somebody who agreed to it")],
    out: Annotated[Path, typer.Option(help="the film to write (.mp4)")],
    audio: Annotated[
        Path | None, typer.Option(help="sound or video file; default: the face video's own sound")
    ] = None,
    emotion: Annotated[
        str | None, typer.Option(help="anger, disgust, fear, happiness, neutral or sadness")
    ] = None,
    strength: Annotated[float, typer.Option(help="0 (neutral) to 1 (full)")] = 1.0,
    mixture: Annotated[
        str | None, typer.Option(help="instead of --emotion, e.g. happiness=0.7,sadness=0.3")
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="name in data/checkpoints, or a file")] = "lite",
    fit: Annotated[str, typer.Option(help="when the sound is longer: loop, trim or hold")] = "loop",
    face_index: Annotated[int, typer.Option(help="0: the largest face, 1: the next, …")] = 0,
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="X Y WIDTH HEIGHT in pixels, instead of looking for a face"),
    ] = None,
    on_missing: Annotated[
        str, typer.Option(help="frames without the face: pass, error or hold")
    ] = "pass",
    audio_track: Annotated[int | None, typer.Option(help="which sound track of several")] = None,
    detector: Annotated[str, typer.Option(help="auto, blazeface, dlib or haar")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    native: Annotated[
        bool, typer.Option("--native/--paste-96", help="at the face's own resolution, or 96 px")
    ] = True,
    max_seconds: Annotated[float, typer.Option(help="longest sound")] = 1800.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="time of each stage")] = False,
) -> None:
    """Let a face say AUDIO with an EMOTION. The film is marked as AI-generated (see `verify`).

    It lasts as long as the sound, at 25 frames/s and the video's own size; a longer video ends with
    the sound. Use faces of people who agreed to it.
    """
    from emolib.generate.bars import stage_bars
    from emolib.generate.mixture import emotion_weights, parse_mixture
    from emolib.generate.plan import check_fit
    from emolib.generate.stream import check_missing
    from emolib.generate.talking_face import TalkingFace, check_film

    shares = None if mixture is None else parse_mixture(mixture)
    check_fit(fit), check_missing(on_missing)
    if emotion is not None or shares is not None:
        emotion_weights(emotion, strength, shares)
    check_film(out, [face, *([audio] if audio else [])], overwrite=overwrite)
    talker = TalkingFace.load(checkpoint, device, detector)
    with stage_bars() as progress:
        report = talker.generate_file(
            face,
            audio,
            emotion,
            out,
            strength,
            shares,
            overwrite=overwrite,
            fit=fit,
            face_index=face_index,
            box=box,
            on_missing=on_missing,
            audio_track=audio_track,
            native=native,
            max_seconds=max_seconds,
            progress=progress,
        )
    for note in report["notes"]:
        typer.echo(f"note: {note}")
    signed = "signed" if report["signed"] else f"not signed: {report['signature_note']}"
    typer.echo(f"{out}: {report['seconds']:.2f} s, AI-generated label and tags, {signed}")
    if verbose:
        spent = report["seconds_per_stage"]
        typer.echo(", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in spent.items()))
        typer.echo(f"{report['total_s']:.2f} s in all on {report['device']}")


@app.command(epilog="Example: emolib verify out.mp4")
def verify(file: Path) -> None:
    """Say whether FILE is marked as AI-generated, and whether it is still what was written.

    Exit code 0: it carries marks that hold; 1: it was tampered with, or nothing was found.
    """
    from emolib.media.verify import verify as read_marks

    verdict = read_marks(file)
    typer.echo(str(verdict))
    if verdict.state in ("tampered", "unmarked"):
        raise typer.Exit(1)


@app.command(
    "import-weights",
    epilog="Example: emolib import-weights --kind wav2lip wav2lip_gan.pth wav2lip.safetensors",
)
def import_weights_command(
    source: Annotated[Path, typer.Argument(metavar="FILE.pth", help="published weights")],
    out: Annotated[Path, typer.Argument(metavar="OUT.safetensors", help="where to write")],
    kind: Annotated[
        str, typer.Option(help="emogen, wav2lip, syncnet-expert, emotion-disc or syncnet-lse")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT")] = False,
) -> None:
    """Turn published weights into a checkpoint of ours: every key accounted for, no code run."""
    from emolib.models.published import import_weights

    _, report = import_weights(kind, source, out, overwrite=overwrite)
    typer.echo(f"{report} -> {out}")


@app.command(epilog="Example: emolib prepare CREMA-D --out store --workers 4")
def prepare(
    corpus: Annotated[Path, typer.Argument(help="folder of the corpus; it is only read")],
    out: Annotated[Path | None, typer.Option(help="the store; default: in the cache")] = None,
    kind: Annotated[str, typer.Option(help="auto|cremad|synthetic|ravdess|mead|lrs2")] = "auto",
    split: Annotated[str, typer.Option(help="actor (no one in two splits) or random95")] = "actor",
    labels: Annotated[str | None, typer.Option(help="CREMA-D: intended|face_vote|agreed")] = None,
    geometry: Annotated[str, typer.Option(help="box|tight|aligned")] = "box",
    crop_px: Annotated[int, typer.Option(help="side of the face crops")] = 96,
    detector: Annotated[str, typer.Option(help="auto|blazeface|dlib|haar")] = "auto",
    workers: Annotated[int, typer.Option(help="processes; -1 for all cores")] = 1,
    backend: Annotated[str, typer.Option(help="joblib's: loky|threading|dask")] = "loky",
    scheduler: Annotated[str | None, typer.Option(help="address of a Dask scheduler")] = None,
    wait: Annotated[float, typer.Option(help="seconds to wait for another process")] = 0.0,
    strict: Annotated[bool, typer.Option("--strict", help="stop at the first bad clip")] = False,
) -> None:
    """Make a clip store for training from a CORPUS; run it again to go on after an interruption."""
    from contextlib import nullcontext

    from emolib.corpus import open_corpus
    from emolib.store.clip import PrepareSettings
    from emolib.store.prepare import dask_client
    from emolib.store.prepare import prepare as prepare_store

    source = open_corpus(corpus, kind, **({"labels": labels} if labels else {}))
    typer.echo(str(source.verify()))
    settings = PrepareSettings(crop_px=crop_px, geometry=geometry, detector=detector, split=split)
    with dask_client(scheduler) if backend == "dask" else nullcontext():
        report = prepare_store(
            source, out, settings, workers=workers, backend=backend, strict=strict, wait_s=wait
        )
    typer.echo(str(report))
    if report.skipped:
        raise typer.Exit(SKIPPED)


@app.command(epilog="Example: emolib synth --out corpus --actors 4 --sentences IEO,MTI --paired")
def synth(
    out: Annotated[Path, typer.Option(help="folder to write; a stopped run continues in it")],
    actors: Annotated[int, typer.Option(help="how many people")] = 4,
    sentences: Annotated[str, typer.Option(help="how many, or codes: IEO,MTI")] = "IEO,MTI",
    levels: Annotated[
        str | None, typer.Option(help="LO,MD,HI,XX; default as in CREMA-D: graded for IEO only")
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="same pose, blinks and voice in all emotions")
    ] = False,
    size: Annotated[str, typer.Option(help="picture size, width x height")] = "480x360",
    fps: Annotated[float, typer.Option(help="frames a second")] = 30.0,
    seed: Annotated[int, typer.Option(help="other seeds are other people")] = 0,
    workers: Annotated[int, typer.Option(help="processes; 0: one a core")] = 0,
    first_actor: Annotated[int, typer.Option(help="number of the first person")] = 9001,
    randomise: Annotated[
        str, typer.Option(help="any of background,light,camera: varied instead of a studio's")
    ] = "",
    quality: Annotated[int, typer.Option(help="of the videos: 18 as CREMA-D's, 30 small")] = 18,
) -> None:
    """Film synthetic people who say sentences in six emotions, with exact ground truth."""
    from emolib.synthetic.film import FilmSettings, parse_size, write_corpus

    width_px, height_px = parse_size(size)
    varied = tuple(sorted(part.strip() for part in randomise.split(",") if part.strip()))
    report = write_corpus(
        out,
        actors=actors,
        sentences=sentences,
        levels=levels,
        first_actor=first_actor,
        settings=FilmSettings(width_px, height_px, fps, seed, paired, varied, quality),
        workers=workers,
    )
    typer.echo(str(report))


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """Our own warnings as one plain line; others as Python shows them."""
    if issubclass(category, EmolibWarning):
        text = f"emolib: note: {message}"
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line).rstrip()
    print(text, file=file or sys.stderr)


@app.command(
    epilog="Example: emolib evaluate --store store --checkpoint lite --out data/results/lite.json"
)
def evaluate(
    store: Annotated[Path, typer.Option(help="clip store made by emolib prepare")],
    checkpoint: Annotated[str, typer.Option(help="generator: name in data/checkpoints, or a file")],
    out: Annotated[Path, typer.Option(help="the result (.json); a table goes beside it")],
    metrics: Annotated[
        str, typer.Option(help="some of sync,visual,crowd,identity,emotion,truth")
    ] = "all",
    corpus: Annotated[
        Path | None, typer.Option(help="the store's corpus: true lips, sound for published LSE")
    ] = None,
    split: Annotated[str, typer.Option(help="which clips")] = "test",
    limit: Annotated[int | None, typer.Option(help="at most so many clips")] = None,
    syncnet: Annotated[str | None, typer.Option(help="our SyncNet: LSE (expert)")] = None,
    lse_syncnet: Annotated[str | None, typer.Option(help="the published SyncNet: LSE")] = None,
    classifier: Annotated[str | None, typer.Option(help="independent emotion classifier")] = None,
    seed: Annotated[int, typer.Option(help="of the choice of sources")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT")] = False,
) -> None:
    """Measure a generator on held-out clips; run it again to go on after an interruption."""
    from emolib.evaluation.measure import METRICS
    from emolib.evaluation.run import EvaluateSettings
    from emolib.evaluation.run import evaluate as run
    from emolib.evaluation.table2 import lines

    chosen = METRICS if metrics == "all" else tuple(name.strip() for name in metrics.split(","))
    settings = EvaluateSettings(
        metrics=chosen,
        split=split,
        limit=limit,
        seed=seed,
        syncnet=syncnet,
        lse_syncnet=lse_syncnet,
        classifier=classifier,
    )
    made = run(store, checkpoint, out, settings, corpus=corpus, device=device, overwrite=overwrite)
    for line in lines(made.result):
        typer.echo(line)
    for clip, reason in made.skipped.items():
        typer.echo(f"skipped {clip}: {reason}")
    typer.echo(f"{made.path}, {made.path.stem}.md, {made.path.stem}.tex")
    if made.skipped:
        raise typer.Exit(SKIPPED)


@app.command(
    epilog="Example: emolib train generator --store store --out runs/improved --steps 2000"
    " --syncnet runs/sync/syncnet.safetensors --width 0.25 --time-limit 60"
)
def train(
    stage: Annotated[str, typer.Argument(help="syncnet, emotion or generator")],
    store: Annotated[Path, typer.Option(help="clip store made by emolib prepare")],
    out: Annotated[Path, typer.Option(help="folder of the run: weights, states, log")],
    recipe: Annotated[
        str, typer.Option(help="WAV2LIP, BASE, END, SEQ, PLDA, PRE, MAGNUSSON, IMPROVED; or PAPER")
    ] = "IMPROVED",
    steps: Annotated[int | None, typer.Option(help="optimiser steps in all")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the run in OUT")] = False,
    time_limit: Annotated[
        float | None, typer.Option(help="minutes; then save and end well")
    ] = None,
    syncnet: Annotated[str | None, typer.Option(help="sync expert: name or checkpoint")] = None,
    emotion_disc: Annotated[str | None, typer.Option(help="emotion discriminator")] = None,
    base: Annotated[str | None, typer.Option(help="PRE: generator trained by BASE")] = None,
    features: Annotated[
        str | None, typer.Option(help="perceptual loss: auto, vgg19 or face")
    ] = None,
    start: Annotated[str | None, typer.Option(help="weights to start from")] = None,
    width: Annotated[float | None, typer.Option(help="of the network; default: profile's")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="change the recipe: reference=same_clip, weights.sync=0.05, …"),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="windows a step and process")] = None,
    accumulate: Annotated[int | None, typer.Option(help="parts to cut a batch into")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="default: the recipe's")] = None,
    seed: Annotated[int, typer.Option(help="of weights, windows and draws")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16")] = "auto",
    compile_: Annotated[bool, typer.Option("--compile", help="by torch.compile")] = False,
    workers: Annotated[int | None, typer.Option(help="loader processes")] = None,
    log_every: Annotated[int | None, typer.Option(help="steps between log lines")] = None,
    eval_every: Annotated[int | None, typer.Option(help="steps between evaluations")] = None,
    eval_items: Annotated[int | None, typer.Option(help="test windows to look at")] = None,
    save_every: Annotated[int | None, typer.Option(help="steps between saved states")] = None,
    halve_on_oom: Annotated[
        bool, typer.Option("--halve-on-oom", help="out of memory: smaller parts, go on")
    ] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="event files too")] = False,
) -> None:
    """Train a network; Ctrl-C saves, and --resume goes on as if nothing had happened.

    On several GPUs: accelerate launch -m emolib.cli train …
    """
    from emolib.training.start import parse_changes
    from emolib.training.start import train as run

    result = run(
        stage,
        store,
        out,
        recipe,
        width=width,
        changes=parse_changes(change),
        steps=steps,
        resume=resume,
        time_limit_min=time_limit,
        syncnet=syncnet,
        emotion_disc=emotion_disc,
        base=base,
        features=features,
        start=start,
        batch_size=batch_size,
        accumulate=accumulate,
        learning_rate=learning_rate,
        seed=seed,
        device=device,
        precision=precision,
        compile=compile_,
        workers=workers,
        log_every=log_every,
        eval_every=eval_every,
        eval_items=eval_items,
        save_every=save_every,
        halve_on_oom=halve_on_oom,
        tensorboard=tensorboard,
    )
    typer.echo(str(result))
    if result.interrupted:
        raise typer.Exit(130 if result.stopped == "SIGINT" else 143)


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


if __name__ == "__main__":
    main()
