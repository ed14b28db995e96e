"""The API against its description: what is answered is what it says."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from conftest import DATA, ROOT
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

DESCRIPTION = json.loads((ROOT / "src/web/openapi.json").read_text())


class Api:
    """Asks, and holds every answer to the description."""

    def __init__(self, address):
        self.host = urlsplit(address).netloc
        self.seen = set()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        kind = response.headers["content-type"]
        if kind == "text/event-stream":
            content = response.readline()
            connection.close()
        else:
            content = response.read()
        self.check(method, path.split("?")[0], response.status, kind, content)
        return response.status, content

    def check(self, method, path, status, kind, content):
        operation = DESCRIPTION["paths"][path][method.lower()]
        answers = operation["responses"]
        answer = answers.get(str(status), answers["default"])
        if "$ref" in answer:
            answer = DESCRIPTION["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        schema = answer["content"][kind].get("schema")
        self.seen.add((method.lower(), path, status))
        if schema:
            whole = {"components": DESCRIPTION["components"], **schema}
            document = json.loads(content.removeprefix(b"data: "))
            Draft202012Validator(whole).validate(document)


def test_the_description_is_one(server):
    validate(DESCRIPTION)
    status, content = Api(server.address).ask("GET", "/api/openapi.json")
    assert status == 200 and json.loads(content) == DESCRIPTION


def test_every_answer_is_described(server, service):
    api = Api(server.address)
    foreign = {"Origin": "http://evil.example"}
    for path in ["/", "/sample.flac", "/healthz", "/api/openapi.json", "/api/model", "/api/events"]:
        assert api.ask("GET", path)[0] == 200
        assert api.ask("GET", path, headers={"Host": "evil.example"})[0] == 421
    assert api.ask("GET", "/metrics")[0] == 502
    good = (DATA / "16-bit.flac").read_bytes()
    assert api.ask("POST", "/api/classify?name=a.flac", good)[0] == 200
    stereo = (DATA / "stereo.wav").read_bytes()
    assert api.ask("POST", "/api/classify?channel=right", stereo)[0] == 200
    assert api.ask("POST", "/api/classify?channel=centre", stereo)[0] == 400
    (status, result) = api.ask("POST", "/api/classify", good)
    for shape in ["csv", "srt", "audacity"]:
        assert api.ask("POST", f"/api/segments?format={shape}", result)[0] == 200
    assert api.ask("POST", "/api/segments", result)[0] == 400
    damaged = (DATA / "s16.wav").read_bytes()[:9000]
    status, content = api.ask("POST", "/api/classify", damaged)
    assert status == 200 and "missing_samples" in json.loads(content)
    assert api.ask("POST", "/api/classify", b"no audio")[0] == 422
    assert api.ask("POST", "/api/classify", bytes(2**20 + 1))[0] == 413
    assert (
        api.ask("POST", "/api/classify", (DATA / "synthesised-speech.wav").read_bytes())[0] == 200
    )
    form = {"Content-Type": "multipart/form-data"}
    assert api.ask("POST", "/api/classify", good, form)[0] == 400
    for request in ["/api/pause", "/api/resume"]:
        assert api.ask("POST", request)[0] == 502
        assert api.ask("POST", request, headers=foreign)[0] == 403
    service.start()
    while json.loads(api.ask("GET", "/healthz")[1])["service"] == "absent":
        pass
    for request in ["/api/pause", "/api/resume"]:
        assert api.ask("POST", request)[0] == 200
    assert api.ask("GET", "/metrics")[0] == 200
    service.stop()
    # Every operation was asked for, and did what it is there for.
    operations = {
        (method, path) for path, methods in DESCRIPTION["paths"].items() for method in methods
    }
    assert {(method, path) for method, path, status in api.seen if status == 200} == operations


@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_what_is_not_described_is_not_done(server, path):
    for method in {"get", "post", "put", "delete", "patch"} - set(DESCRIPTION["paths"][path]):
        connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)
        connection.request(method.upper(), path)
        response = connection.getresponse()
        allowed = [one.upper() for one in DESCRIPTION["paths"][path]]
        assert response.status == 405 and response.headers["allow"].split(", ")[0] in allowed
