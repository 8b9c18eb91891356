"""`emolib generate` and `emolib verify`: make a film, and say what a film is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app


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
    audio_track: Annotated[
        int | None, typer.Option(help="number of the sound track, if there are several")
    ] = None,
    detector: Annotated[str, typer.Option(help="auto or blazeface")] = "auto",
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
    from emolib.generate import Order, TalkingFace
    from emolib.generate.order import parse_mixture

    order = Order(
        face,
        audio,
        emotion,
        strength=strength,
        mixture=None if mixture is None else parse_mixture(mixture),
        fit=fit,
        face_index=face_index,
        box=box,
        on_missing=on_missing,
        audio_track=audio_track,
        native=native,
        max_seconds=max_seconds,
    )
    talker = TalkingFace.load(checkpoint, device, detector)
    with stage_bars() as progress:
        report = talker.write(order, out, overwrite=overwrite, progress=progress)
    for note in report["notes"]:
        typer.echo(f"note: {note}")
    signed = "signed" if report["signed"] else f"not signed: {report['signature_note']}"
    typer.echo(f"{out}: {report['seconds']:.2f} s, AI-generated label and tags, {signed}")
    if verbose:
        spent = report["seconds_per_stage"]
        for stage, seconds in spent.items():
            typer.echo(f"  {stage:8} {seconds:7.2f} s")
        typer.echo(f"  {'total':8} {report['total_s']:7.2f} s on {report['device']}, model loaded")


@app.command(epilog="Example: emolib verify out.mp4")
def verify(file: Path) -> None:
    """Say whether FILE is marked as AI-generated, and whether it was changed since.

    Exit code 0: it carries marks that hold; 1: it was tampered with, or nothing was found.
    """
    from emolib.media.verify import verify as read_marks

    verdict = read_marks(file)
    typer.echo(str(verdict))
    if verdict.state in ("tampered", "unmarked"):
        raise typer.Exit(1)


@contextmanager
def stage_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A `progress(stage, done, total)` that draws a bar a stage; silent when not a terminal."""
    from tqdm.auto import tqdm

    from emolib.base.runtime import show_progress

    bars: dict[str, tqdm] = {}

    def progress(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            bars[stage] = tqdm(total=total, desc=stage, unit="frame", disable=not show_progress())
        bars[stage].update(done - bars[stage].n)

    try:
        yield progress
    finally:
        for bar in bars.values():
            bar.close()
