"""`emolib synth` and `emolib prepare`: from nothing to a corpus, from a corpus to a store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import SKIPPED, app


@app.command(epilog="Example: emolib synth --out corpus --actors 4 --sentences IEO,MTI --paired")
def synth(
    out: Annotated[Path, typer.Option(help="folder to write; a stopped run continues in it")],
    actors: Annotated[int, typer.Option(help="how many people")] = 4,
    sentences: Annotated[str, typer.Option(help="how many, or codes: IEO,MTI")] = "IEO,MTI",
    sentences_per_emotion: Annotated[
        int | None, typer.Option(help="how many each says in each emotion, in turn; default: all")
    ] = None,
    levels: Annotated[
        str | None, typer.Option(help="LO,MD,HI,XX; default as in CREMA-D: graded for IEO only")
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="same pose, blinks and voice in all emotions")
    ] = False,
    size: Annotated[str, typer.Option(help="picture size, width x height")] = "480x360",
    fps: Annotated[float, typer.Option(help="frames a second")] = 30.0,
    seed: Annotated[int, typer.Option(help="another seed gives other people")] = 0,
    workers: Annotated[int, typer.Option(help="processes; 0: one a core")] = 0,
    first_actor: Annotated[int, typer.Option(help="number of the first person")] = 9001,
    randomise: Annotated[
        str, typer.Option(help="any of background,light,camera,distance,pose,quality; or world")
    ] = "",
    quality: Annotated[
        int,
        typer.Option(help="of the videos, lower is better: 18 as in CREMA-D, 30 for small files"),
    ] = 18,
    engine: Annotated[
        str, typer.Option(help="of speech: auto|kokoro|espeak; auto: kokoro if it is installed")
    ] = "auto",
) -> None:
    """Render synthetic people who say sentences in six emotions, with exact ground truth."""
    from emolib.synthetic.film import FilmSettings, parse_size, write_corpus

    width_px, height_px = parse_size(size)
    varied = tuple(sorted(part.strip() for part in randomise.split(",") if part.strip()))
    report = write_corpus(
        out,
        actors=actors,
        sentences=sentences,
        sentences_per_emotion=sentences_per_emotion,
        levels=levels,
        first_actor=first_actor,
        settings=FilmSettings(width_px, height_px, fps, seed, paired, varied, quality, engine),
        workers=workers,
    )
    typer.echo(str(report))


@app.command(epilog="Example: emolib prepare CREMA-D --out store --workers 4")
def prepare(
    corpus: Annotated[Path, typer.Argument(help="folder of the corpus; it is only read")],
    out: Annotated[
        Path | None, typer.Option(help="folder of the store; default: one in the cache")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="auto|cremad|synthetic|ravdess|mead|lrs2|grid|stills")
    ] = "auto",
    split: Annotated[
        str, typer.Option(help="actor, actor20 (5, 20 % of people for the test), random95, none")
    ] = "actor",
    labels: Annotated[str | None, typer.Option(help="CREMA-D: intended|face_vote|agreed")] = None,
    geometry: Annotated[str, typer.Option(help="box|tight|aligned")] = "box",
    crop_px: Annotated[int, typer.Option(help="side of the face crops")] = 96,
    detector: Annotated[str, typer.Option(help="auto|blazeface")] = "auto",
    workers: Annotated[int, typer.Option(help="processes; -1 for all cores")] = 1,
    backend: Annotated[str, typer.Option(help="joblib's: loky|threading|dask")] = "loky",
    scheduler: Annotated[str | None, typer.Option(help="address of a Dask scheduler")] = None,
    wait: Annotated[float, typer.Option(help="seconds to wait for another process")] = 0.0,
    strict: Annotated[bool, typer.Option("--strict", help="stop at the first bad clip")] = False,
) -> None:
    """Make a clip store for training from a CORPUS; run it again after an interruption."""
    from contextlib import nullcontext

    from emolib.data.clip import PrepareSettings
    from emolib.data.corpora import open_corpus
    from emolib.data.prepare import dask_client
    from emolib.data.prepare import prepare as prepare_store

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
