"""`emolib serve`: the command, its warnings, HTTPS, a clean end."""

import signal
import subprocess
import sys
import tempfile

import httpx2
import pytest
import stand_in
from typer.testing import CliRunner
from web_clients import ask, process_of

from emolib import cli
from emolib.base.errors import ConfigError, MissingExtra, ResourceError
from emolib.media.certificate import make_credentials
from emolib.studio.store import lock_state
from emolib.web import serve as serving
from emolib.web.settings import ServeSettings


def run(*arguments):
    return CliRunner().invoke(cli.app, ["serve", *map(str, arguments)])


@pytest.fixture
def served(monkeypatch):
    """Settings that the command would serve with, instead of serving."""
    seen = []

    monkeypatch.setattr(serving, "serve", lambda settings, ready: seen.append(settings))
    monkeypatch.delenv("EMOLIB_TOKEN", raising=False)
    return seen


def test_it_serves_this_computer_alone_unless_told(served, tmp_path):
    assert run("--state", tmp_path).exit_code == 0
    (settings,) = served
    assert (settings.host, settings.token, settings.tls) == ("127.0.0.1", "", False)


def test_others_need_a_token_and_are_warned_about(served, tmp_path):
    told = run("--host", "0.0.0.0", "--state", tmp_path, "--allow-host", "films.example")
    assert "WARNING" in told.stderr
    (settings,) = served
    assert len(settings.token) >= 32
    assert settings.allow_hosts == ("films.example",)


def test_limits_come_from_the_command(served, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_TOKEN", "from-the-environment")
    run("--retention-minutes", 5, "--queue", 3, "--max-seconds", 20, "--device", "cuda:0, cuda:1")
    (settings,) = served
    limits = settings.limits
    assert (limits.retention_s, limits.queue, limits.max_sound_s) == (300, 3, 20)
    assert settings.devices == ("cuda:0", "cuda:1")
    assert settings.token == "from-the-environment"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tls-cert", "cert.pem"),
        ("--queue", 0),
        ("--retention-minutes", 0),
        ("--port", 70_000),
        ("--device", ","),
    ],
)
def test_nonsense_is_one_clear_error(served, arguments):
    assert isinstance(run(*arguments).exception, ConfigError)
    assert not served


def test_the_server_itself_loads_no_network_library():
    code = "import sys, emolib.web.serve; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "emolib.web.serve", None)
    error = run("--state", tmp_path).exception
    assert isinstance(error, MissingExtra)
    assert "emolib[web]" in str(error)


def test_a_taken_port_is_one_clear_error(tmp_path):
    with serving.listening_socket(ServeSettings(port=0)) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}"):
            serving.listening_socket(ServeSettings(port=port))
        assert serving.address_of(taken, ServeSettings()) == f"http://127.0.0.1:{port}/"
    with pytest.raises(ConfigError, match="certificate"):
        files = {"certificate": tmp_path / "none.pem", "key": tmp_path / "none.pem"}
        serving.serve(ServeSettings(state=tmp_path, port=0, **files))


@pytest.fixture
def certificate(tmp_path):
    """A certificate of our own and its key."""
    made = make_credentials()
    (tmp_path / "cert.pem").write_text(made.chain)
    (tmp_path / "key.pem").write_text(made.key)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


def test_https_with_a_token_and_a_clean_end(tmp_path, certificate):
    cert, key = map(str, certificate)
    token = "a-token-of-many-letters"
    state = tmp_path / "state"
    with process_of(state, certificate=cert, key=key, token=token) as (server, address):
        url, _, shown = address.partition("?token=")
        assert (url[:8], shown) == ("https://", token)
        with httpx2.Client(base_url=url, verify=False, timeout=60) as client:
            assert client.get("/api/health").status_code == 200
            assert client.get("/api/jobs/x").status_code == 401
            answer = client.get("/", params={"token": shown})
            assert "secure" in answer.headers["set-cookie"].lower()
            assert client.get("/api/jobs/x").status_code == 404
            job = ask(client, text="slow")
            with client.stream("GET", f"/api/jobs/{job['id']}/events") as stream:
                for line in stream.iter_lines():
                    if line == "event: preview":
                        server.send_signal(signal.SIGTERM)  # the open stream must not keep it
        rest, _ = server.communicate(timeout=120)
        assert (server.returncode, rest.strip()) == (0, "stopped")


def test_a_server_in_a_process_leaves_it_as_it_was(tmp_path):
    seen = [tempfile.tempdir, signal.getsignal(signal.SIGTERM)]

    def ready(address):
        seen.append(tempfile.tempdir)
        signal.raise_signal(signal.SIGTERM)

    settings = ServeSettings(state=tmp_path, port=0)
    serving.serve(settings, workers=[stand_in.process(settings.limits)], ready=ready)
    before, handler, during = seen
    assert before is during is tempfile.tempdir
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_state_in_use_is_one_clear_error(tmp_path):
    settings = ServeSettings(state=tmp_path, port=0)
    with lock_state(tmp_path), pytest.raises(ResourceError, match="another server"):
        serving.serve(settings)
