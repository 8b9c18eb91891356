"""`emolib serve`: the paper's web interface on this computer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app


@app.command(
    epilog="Example: emolib serve --port 8000, then open http://127.0.0.1:8000/ in a browser. For"
    " others: emolib serve --host 0.0.0.0 --allow-host films.example --tls-cert cert.pem"
    " --tls-key key.pem"
)
def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one")] = 8000,
    host: Annotated[
        str, typer.Option(help="address to listen on; any but this computer's own needs a token")
    ] = "127.0.0.1",
    checkpoint: Annotated[str, typer.Option(help="name in data/checkpoints, or a file")] = "lite",
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps; several with commas")
    ] = "auto",
    state: Annotated[
        Path | None, typer.Option(help="folder for jobs and answers; default: data/web")
    ] = None,
    token: Annotated[
        str, typer.Option(envvar="EMOLIB_TOKEN", help="secret that visitors must show")
    ] = "",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="name under which the server may be called")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="certificate (PEM): serves HTTPS")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="its key (PEM)")] = None,
    retention_minutes: Annotated[float, typer.Option(help="finished films are kept so long")] = 60,
    queue: Annotated[int, typer.Option(help="jobs that may wait")] = 32,
    max_seconds: Annotated[float, typer.Option(help="longest sound")] = 60,
    max_upload_mb: Annotated[int, typer.Option(help="largest upload")] = 64,
) -> None:
    """Serve the web page: choose or record a face and a voice, pick an emotion, get the film.

    Listens on this computer alone unless told otherwise. For others, a token is required (one is
    made if none is given) and HTTPS is strongly advised: without it, token, faces and voices are
    sent unencrypted, and browsers refuse camera and microphone.
    """
    import secrets

    from emolib.base.errors import ConfigError, MissingExtra
    from emolib.studio.jobs import Limits
    from emolib.studio.store import default_state
    from emolib.web.settings import ServeSettings, is_loopback

    if queue < 1 or retention_minutes <= 0 or max_seconds <= 0 or max_upload_mb < 1:
        raise ConfigError("a limit is out of range", expected="numbers above 0")
    try:
        from emolib.web.serve import serve as run
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "fastapi", "web") from error
    if not is_loopback(host):
        token = token or secrets.token_urlsafe(24)
        if tls_cert is None:
            typer.echo(
                "WARNING: others can reach this server without encryption: token, faces and voices"
                " can be read on the way, and browsers refuse camera and microphone. Use --tls-cert"
                " and --tls-key, or a proxy that does HTTPS.",
                err=True,
            )
    settings = ServeSettings(
        state=state or default_state(),
        checkpoint=checkpoint,
        devices=tuple(part.strip() for part in device.split(",") if part.strip()),
        host=host,
        port=port,
        token=token,
        allow_hosts=tuple(allow_host or ()),
        certificate=tls_cert,
        key=tls_key,
        limits=Limits(
            queue=queue,
            retention_s=60 * retention_minutes,
            max_sound_s=max_seconds,
            max_upload_bytes=max_upload_mb * 2**20,
        ),
    )

    run(settings, ready=lambda address: typer.echo(f"{address} (Ctrl+C stops the server)"))
    typer.echo("stopped")
