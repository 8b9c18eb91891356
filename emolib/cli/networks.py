"""`emolib train`, `emolib evaluate` and `emolib import-weights`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import SKIPPED, app, with_options
from emolib.training.settings import FitConfig


def train(
    stage: Annotated[str, typer.Argument(help="syncnet, emotion, classifier or generator")],
    store: Annotated[
        list[str],
        typer.Option(help="clip store of emolib prepare; repeat it as STORE:SHARE for several"),
    ],
    out: Annotated[Path, typer.Option(help="folder of the run: weights, states, log")],
    recipe: Annotated[
        str,
        typer.Option(
            help="WAV2LIP, BASE, END, SEQ, SEQ+PL, SEQ+DA, PLDA, PRE, MAGNUSSON, WARMUP, IMPROVED; "
            "or PAPER"
        ),
    ] = "IMPROVED",
    phase: Annotated[
        str | None,
        typer.Option(help="half of a generator's training: frames (first) or windows (second)"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="continue the run in OUT")] = False,
    syncnet: Annotated[str | None, typer.Option(help="sync expert: name or checkpoint")] = None,
    emotion_disc: Annotated[str | None, typer.Option(help="emotion discriminator")] = None,
    base: Annotated[str | None, typer.Option(help="PRE: generator trained by BASE")] = None,
    features: Annotated[
        str | None, typer.Option(help="perceptual loss: auto, vgg19 or face")
    ] = None,
    start: Annotated[str | None, typer.Option(help="weights to start from")] = None,
    width: Annotated[
        float | None, typer.Option(help="of the network, 1 as in the paper; default: the profile's")
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="change the recipe: reference=same_clip, weights.sync=0.05, …"),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    **loop,
) -> None:
    """Train a network; Ctrl-C saves, and --resume continues as if nothing had happened.

    Settings of the loop are the recipe's unless given here. On several GPUs: accelerate launch -m
    emolib.cli train …
    """
    from emolib.training.start import parse_changes
    from emolib.training.start import train as run

    result = run(
        stage,
        store,
        out,
        recipe,
        phase=phase,
        width=width,
        changes=parse_changes(change),
        resume=resume,
        syncnet=syncnet,
        emotion_disc=emotion_disc,
        base=base,
        features=features,
        start=start,
        device=device,
        **loop,
    )
    typer.echo(str(result))
    if result.interrupted:
        raise typer.Exit(130 if result.stopped == "SIGINT" else 143)


app.command(
    epilog="Example: emolib train generator --store store --out runs/improved --steps 2000"
    " --syncnet runs/sync/syncnet.safetensors --width 0.25 --time-limit 60"
)(with_options(train, FitConfig))


@app.command(
    epilog="Example: emolib evaluate --store store --checkpoint lite --out data/results/lite.json"
)
def evaluate(
    store: Annotated[Path, typer.Option(help="clip store made by emolib prepare")],
    out: Annotated[Path, typer.Option(help="the result (.json); a table goes beside it")],
    checkpoint: Annotated[
        str | None,
        typer.Option(
            help="generator: name in data/checkpoints, or a file; without: the clips themselves"
        ),
    ] = None,
    metrics: Annotated[
        str, typer.Option(help="some of sync,visual,crowd,identity,emotion,truth,real")
    ] = "all",
    corpus: Annotated[
        Path | None, typer.Option(help="the store's corpus: true lips, sound for published LSE")
    ] = None,
    split: Annotated[str, typer.Option(help="which clips: test, train or all")] = "test",
    limit: Annotated[
        int | None, typer.Option(help="at most so many clips, evenly over emotions and actors")
    ] = None,
    sources: Annotated[
        str,
        typer.Option(help="clips to make from: other_emotion, same_emotion, neutral or same_clip"),
    ] = "other_emotion",
    syncnet: Annotated[
        str | None, typer.Option(help="LSE (expert); default: lite-syncnet; none: without")
    ] = None,
    lse_syncnet: Annotated[
        str | None, typer.Option(help="the published SyncNet; default: syncnet-lse")
    ] = None,
    classifier: Annotated[
        str | None, typer.Option(help="independent judge; default: lite-classifier")
    ] = None,
    discriminator: Annotated[
        str | None,
        typer.Option(help="for comparison only, it trains generators; default: lite-emotion"),
    ] = None,
    seed: Annotated[int, typer.Option(help="of the choice of sources")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    remember: Annotated[
        bool, typer.Option(help="store what is measured on true clips, for the next checkpoint")
    ] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT")] = False,
) -> None:
    """Measure a generator on held-out clips, or the clips themselves; run again to continue."""
    from emolib.evaluation.clip_features import METRICS
    from emolib.evaluation.run import EvaluateSettings
    from emolib.evaluation.run import evaluate as run
    from emolib.evaluation.table2 import lines

    chosen = METRICS if metrics == "all" else tuple(name.strip() for name in metrics.split(","))
    settings = EvaluateSettings(
        metrics=chosen,
        split=split,
        limit=limit,
        seed=seed,
        sources=sources,
        syncnet=syncnet,
        lse_syncnet=lse_syncnet,
        classifier=classifier,
        discriminator=discriminator,
    )
    made = run(
        store,
        checkpoint,
        out,
        settings,
        corpus=corpus,
        device=device,
        overwrite=overwrite,
        remember=remember,
    )
    for line in lines(made):
        typer.echo(line)
    for note in made["numbers"]["notes"]:
        typer.echo(f"note: {note}")
    for clip, reason in made["numbers"]["skipped"].items():
        typer.echo(f"skipped {clip}: {reason}")
    typer.echo(f"{out}, {out.stem}.md, {out.stem}.tex")
    if made["numbers"]["skipped"]:
        raise typer.Exit(SKIPPED)


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
    """Turn published weights into a checkpoint of ours: every key is checked, no code is run."""
    from emolib.models.published import import_weights

    _, report = import_weights(kind, source, out, overwrite=overwrite)
    typer.echo(f"{report} -> {out}")
