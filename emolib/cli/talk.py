"""`emolib generate` and `emolib verify`: make a film, and say what a film is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app, with_options
from emolib.generate.order import Order, parse_mixture


def generate(
    face: Annotated[Path, typer.Option(help="video or picture of somebody who agreed to it")],
    out: Annotated[Path, typer.Option(help="the film to write (.mp4)")],
    audio: Annotated[
        Path | None, typer.Option(help="sound or video file; default: the face video's own sound")
    ] = None,
    emotion: Annotated[
        str | None, typer.Option(help="anger, disgust, fear, happiness, neutral or sadness")
    ] = None,
    mixture: Annotated[
        str | None, typer.Option(help="instead of --emotion, e.g. happiness=0.7,sadness=0.3")
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="name in data/checkpoints, or a file")] = "lite",
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="X Y WIDTH HEIGHT in pixels, instead of looking for a face"),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="time of each stage")] = False,
    **how,
) -> None:
    """Let a face say AUDIO with an EMOTION. The film is marked as AI-generated (see `verify`).

    It lasts as long as the sound, at 25 frames/s and the video's own size; a longer video ends with
    the sound. Use faces of people who agreed to it.
    """
    from emolib.generate import TalkingFace

    how = {name: value for name, value in how.items() if value is not None}
    shares = None if mixture is None else parse_mixture(mixture)
    order = Order(face, audio, emotion, mixture=shares, box=box, **how)
    talker = TalkingFace.load(checkpoint, device)
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


app.command(
    epilog="Example: emolib generate --face me.mp4 --audio speech.wav --emotion happiness"
    " --out out.mp4"
)(with_options(generate, Order))


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
