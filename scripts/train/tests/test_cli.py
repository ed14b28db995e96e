"""The command line."""

import pytest

from undertone_train import cli


@pytest.mark.parametrize(("name", "command"), [("hard", "robustness"), ("free", "crema-only")])
def test_former_names_run_the_same(name, command, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setitem(cli.COMMANDS, command, lambda workspace, options: ran.append(command))
    monkeypatch.setattr("sys.argv", ["run", name, "--ravdess", str(tmp_path)])
    cli.main()
    assert ran == [command]


def test_every_command_is_explained():
    for command in [*cli.COMMANDS, "all", *cli.ALIASES]:
        assert command in cli.__doc__
