"""The command line: help with an example everywhere, one clear line on errors, exit codes."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from emolib import cli, doctor
from emolib.base.errors import EmolibError
from emolib.cli import reports

COMMANDS = {
    command.name or command.callback.__name__: command for command in cli.app.registered_commands
}


def emolib(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "emolib.cli", *arguments], capture_output=True, text=True
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name):
    shown = CliRunner().invoke(cli.app, [name.replace("_", "-"), "--help"])
    assert shown.exit_code == 0
    assert "Example: emolib" in shown.output


def test_wrong_usage_exits_with_2():
    assert emolib("no-such-command").returncode == 2
    assert emolib("doctor", "--no-such-option").returncode == 2


def test_an_error_is_one_line_and_exit_code_1(monkeypatch, capsys):
    def broken():
        raise EmolibError("too short", file="a.wav")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "emolib: a.wav: too short\n"


def test_doctor_answers_every_question_and_finds_this_machine_fit():
    findings = doctor.examine()
    assert {f.state for f in findings} <= {"ok", "warn"}, [str(f) for f in findings]
    topics = {f.topic for f in findings}
    assert {"python", "torch pair", "device", "codecs", "assets", "profile"} <= topics
    assert all(f.fix for f in findings if f.state != "ok")


def test_doctor_reports_a_broken_check_instead_of_dying(monkeypatch):
    def explode():
        raise OSError("broken")

    monkeypatch.setattr(doctor, "_codecs", explode)
    states = {f.topic: f.state for f in doctor.examine()}
    assert states["explode"] == "fail"


def test_doctor_exits_1_when_something_fails(monkeypatch):
    failing = [doctor.Finding("fail", "codecs", "none", "reinstall av")]
    monkeypatch.setattr(doctor, "examine", lambda: failing)
    with pytest.raises(typer.Exit) as stopped:
        reports.doctor()
    assert stopped.value.exit_code == 1
