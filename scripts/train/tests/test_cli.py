"""The command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from undertone_train import cli, commands
from undertone_train.networks import ARCHITECTURES


@pytest.mark.parametrize(("name", "command"), [("hard", "robustness"), ("free", "crema-only")])
def test_former_names_run_the_same(name, command, tmp_path, monkeypatch):
    ran = []
    function = cli.COMMANDS[command]
    monkeypatch.setattr(commands, function, lambda workspace, options: ran.append(command))
    monkeypatch.setattr("sys.argv", ["run", name, "--ravdess", str(tmp_path)])
    cli.main()
    assert ran == [command]


def test_every_command_is_explained():
    for command in [*cli.COMMANDS, "all", *cli.ALIASES]:
        assert command in cli.__doc__


def test_every_command_has_a_function():
    assert all(callable(getattr(commands, name)) for name in cli.COMMANDS.values())


def test_choices_are_those_of_the_package():
    assert tuple(ARCHITECTURES) == cli.ARCHITECTURES


def test_help_needs_no_packages():
    package = Path(cli.__file__).parents[1]
    # Without site packages, as before the environment is made.
    command = [sys.executable, "-S", "-m", "undertone_train", "--help"]
    done = subprocess.run(command, cwd=package, check=True, capture_output=True, text=True)
    assert "hyper-parameter search" in done.stdout
