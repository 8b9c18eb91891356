"""`emolib generate` and `emolib verify` as a user meets them: exit codes and one clear line."""

import warnings

import numpy as np
import pytest
from typer.testing import CliRunner

from emolib import cli
from emolib.base.errors import ConfigError, EmolibWarning
from emolib.media.audio import write_wav
from emolib.media.verify import verify
from emolib.media.video import read_video


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def arguments(checkpoint, film, speech, out, *more):
    wanted = ["--checkpoint", checkpoint, "--face", film, "--audio", speech, "--out", out]
    return ["generate", *wanted, "--device", "cpu", *more]


def test_it_writes_a_marked_film_and_says_what_it_did(checkpoint, film, speech, tmp_path):
    out = tmp_path / "new folder" / "-out é.mp4"
    given = arguments(checkpoint, film, speech, out, "--emotion", "Happy", "--verbose")
    done = run(*given)
    assert done.exit_code == 0, done.output
    assert "runs back and forth" in done.output
    assert "0.60 s, AI-generated label and tags, signed" in done.output
    shown = [line.split()[0] for line in done.output.splitlines() if line.startswith("  ")]
    wanted = "open sound faces read crop network paint write finish total"
    assert shown == wanted.split()
    assert len(read_video(out)[0]) == 15
    checked = run("verify", out)
    assert checked.exit_code == 0
    assert "signed and untampered" in checked.output

    refused = run(*given)
    assert isinstance(refused.exception, ConfigError)
    assert "--overwrite" in str(refused.exception)
    assert run(*given, "--overwrite").exit_code == 0


def test_every_option_arrives(checkpoint, film, speech, tmp_path):
    out = tmp_path / "out.mp4"
    options = ["--mixture", "joy=1,sad=1", "--fit", "trim", "--strength", "0.5", "--paste-96"]
    options += ["--box", "100", "70", "100", "100", "--on-missing", "hold", "--audio-track", "0"]
    done = run(*arguments(checkpoint, film, speech, out, *options))
    assert done.exit_code == 0, done.output
    facts = verify(out).facts
    assert facts["emotion"] == {"HAP": 0.25, "NEU": 0.5, "SAD": 0.25}
    assert facts["more"]["native"] is False
    assert len(read_video(out)[0]) == 10


def test_verify_fails_on_tampered_and_on_unmarked_films(film, tmp_path):
    assert run("verify", film).exit_code == 1
    assert "no mark found" in run("verify", film).output


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"--emotion": "hapiness"}, "did you mean 'happiness'"),
        ({"--fit": "stretch"}, "loop, trim, hold"),
        ({"--mixture": "joy=1"}, "exactly one"),
        ({"--out": "out.avi"}, "cannot write .avi"),
        ({"--face": "gone.mp4"}, "no such file"),
        ({"--device": "tpu"}, "unknown device"),
        ({"--checkpoint": "huge"}, "no checkpoint of the name 'huge'"),
        ({"--face-index": "5"}, "no face with index 5"),
        ({"--max-seconds": "0.5"}, "at most 0.5 s"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(
    checkpoint, film, speech, tmp_path, monkeypatch, changes, says
):
    monkeypatch.chdir(tmp_path)
    options = {"--checkpoint": checkpoint, "--face": film, "--audio": speech, "--out": "out.mp4"}
    options |= {"--emotion": "sad"} | changes
    result = run("generate", *(part for pair in options.items() for part in pair))
    assert result.exit_code == 1
    assert says in str(result.exception)
    assert "\n" not in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_our_warnings_are_one_line_too(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = cli._show_warning
        warnings.warn("the sound is silent", EmolibWarning, stacklevel=1)
        warnings.warn("other", UserWarning, stacklevel=1)
    shown = capsys.readouterr().err.splitlines()
    assert shown[0] == "emolib: note: the sound is silent"
    assert "UserWarning: other" in shown[1]


def test_a_silent_sound_is_told_and_made(checkpoint, film, tmp_path):
    sound = write_wav(tmp_path / "silent.wav", np.zeros(8000, np.float32))
    done = run(*arguments(checkpoint, film, sound, tmp_path / "out.mp4", "--emotion", "sad"))
    assert done.exit_code == 0
    assert done.output.count("the mouth will rest") == 1
