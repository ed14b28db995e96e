"""What the program prints against the JSON Schema of its protocol."""

import json
import socket
import subprocess
import wave

import pytest
from conftest import DATA, PATIENCE, RATE, ROOT, UNDERTONE, UTTERANCE
from jsonschema import Draft202012Validator

SCHEMA = json.loads((ROOT / "docs/protocol.schema.json").read_text())


def validator(definition):
    """Validates lines by a definition of the schema, which allows no key that it lacks."""
    whole = {"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{definition}"}
    return Draft202012Validator(whole | {"unevaluatedProperties": False})


def printed(*command, stdin=None):
    """The lines that a command prints, as JSON."""
    done = subprocess.run(
        [UNDERTONE, *map(str, command)], stdout=subprocess.PIPE, input=stdin, timeout=PATIENCE
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_a_stream_is_described():
    with wave.open(str(UTTERANCE)) as file:
        speech = file.readframes(file.getnframes())
    silence = bytes(2 * 8 * RATE)
    lines = printed("listen", "--input", "-", "--raw", RATE, stdin=speech + silence)
    assert {line["type"] for line in lines} >= {"hello", "emotion", "silence", "change"}
    for line in lines:
        validator("Message").validate(line)


def test_the_socket_is_described(service):
    service.start()
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    while connection.connect_ex(str(service.socket)):
        pass
    missing = {"hello", "device", "emotion", "heartbeat", "ok", "status", "error"}
    for request in ["status", "nonsense"]:
        connection.sendall(json.dumps({"type": request}).encode() + b"\n")
    with connection, connection.makefile() as lines:
        while missing:
            line = json.loads(next(lines))
            validator("Message").validate(line)
            missing.discard(line["type"])
            if missing == {"ok"}:
                connection.sendall(b'{"type":"pause"}\n')


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        (["classify", "--timeline", UTTERANCE, DATA / "s16.wav"], ["result", "result"]),
        (["classify", ROOT / "README.md"], ["error"]),
        (["model", "inspect"], ["model"]),
        (["model", "bench", "--runs", 2, "--profile"], ["bench"]),
    ],
)
def test_what_commands_print_is_described(command, kinds):
    lines = printed(*command)
    assert [line["type"] for line in lines] == kinds
    for line in lines:
        validator("Report").validate(line)


def test_an_evaluation_is_described(folder):
    table = [f"{UTTERANCE},{label},{number % 2}" for number, label in enumerate(["happy", "sad"])]
    (copy := folder / "copy.wav").write_bytes(UTTERANCE.read_bytes())
    table[1] = table[1].replace(str(UTTERANCE), str(copy))
    manifest = folder / "manifest.csv"
    manifest.write_text("path,label,speaker\n" + "\n".join(table) + "\n")
    (evaluation,) = printed("evaluate", manifest)
    assert evaluation["speakers"] and evaluation["calibration"]
    validator("Report").validate(evaluation)
