"""The page in a real browser: recordings, in every way that they come in."""

import json
import subprocess
import wave

import pytest
from conftest import DATA, UNDERTONE, UTTERANCE, until
from playwright.sync_api import expect


def printed(name):
    """What the command line says of a file of the test data."""
    command = [UNDERTONE, "classify", "--timeline", name]
    return json.loads(subprocess.run(command, cwd=DATA, capture_output=True, check=True).stdout)


def heard(page):
    """Waits for the result's headline."""
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#status")).to_have_text("Done")
    return page.locator("#result-title").inner_text()


def headline(result):
    return f"{result['label']}, {100 * result['confidence']:.0f} % sure"


def saved(page, button, path):
    with page.expect_download() as download:
        page.get_by_role("link", name=button).click()
    download.value.save_as(path)
    return download.value.suggested_filename


def test_a_file_is_shown_as_the_command_line_says(page, tmp_path):
    result = printed(UTTERANCE.name)
    page.locator("#file").set_input_files(UTTERANCE)
    assert heard(page) == headline(result)
    bars = page.locator("#result-bars tr")
    expect(bars).to_have_count(len(result["scores"]))
    for row, (label, score) in zip(bars.all(), result["scores"].items(), strict=True):
        assert row.inner_text().split() == [label, f"{100 * score:.0f}", "%"]
    description = page.locator("#timeline").get_attribute("aria-label")
    assert f"{result['windows'][0]['label']} from 0.0 to 3.0 s" in description
    rows = page.locator("#windows tbody tr")
    expect(rows).to_have_count(len(result["windows"]))

    assert saved(page, "Download JSON", tmp_path / "j") == "synthesised-speech.json"
    assert json.loads((tmp_path / "j").read_text()) == result
    files = {"CSV": "csv", "SRT": "srt", "Audacity labels": "txt"}
    for shape, (button, extension) in zip(["csv", "srt", "audacity"], files.items(), strict=True):
        name = saved(page, f"Download {button}", tmp_path / shape)
        assert name == f"synthesised-speech.{extension}"
        assert (tmp_path / shape).read_bytes() == segments(shape, UTTERANCE.name)


def segments(shape, name, *options, cwd=DATA):
    """What the command line prints of a file in another shape."""
    command = [UNDERTONE, "classify", "--format", shape, *options, name]
    return subprocess.run(command, cwd=cwd, capture_output=True, check=True).stdout


@pytest.fixture
def call(tmp_path):
    """Somebody who speaks on the left, and nobody on the right."""
    with wave.open(str(UTTERANCE)) as file:
        left = file.readframes(file.getnframes())
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"".join(left[at : at + 2] + bytes(2) for at in range(0, len(left), 2)))
    return path


def test_each_channel_has_a_result(page, call, tmp_path):
    page.locator("#channel").select_option("each")
    page.locator("#file").set_input_files(call)
    spoken = headline(printed(UTTERANCE.name))
    assert heard(page) == spoken
    until(page, "shown.samples !== null")
    assert page.evaluate("Math.max(...shown.samples)") > 0.05
    saved(page, "Download CSV", tmp_path / "c")
    assert (tmp_path / "c").read_bytes() == segments(
        "csv", "call.wav", "--channel", "each", cwd=tmp_path
    )
    assert saved(page, "Download SRT", tmp_path / "s") == "call.1.srt"
    page.locator("#result-channel").select_option("1")
    expect(page.locator("#result-title")).to_have_text("Nobody speaks")
    until(page, "shown.samples !== null")
    assert page.evaluate("Math.max(...shown.samples)") == 0
    assert saved(page, "Download SRT", tmp_path / "s") == "call.2.srt"
    assert (tmp_path / "s").read_bytes() == b""


def test_another_channel_is_heard_at_once(page, call):
    page.locator("#file").set_input_files(call)
    heard(page)
    page.locator("#channel").select_option("right")
    expect(page.locator("#result-title")).to_have_text("Nobody speaks")
    page.locator("#channel").select_option("left")
    expect(page.locator("#result-title")).to_have_text(headline(printed(UTTERANCE.name)))
    expect(page.locator("#result-channels")).to_be_hidden()


def pixels(page):
    """The timeline's picture, as numbers, when the browser has decoded the sound."""
    return page.locator("#timeline").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )


def test_the_timeline_shows_the_sound(page):
    page.locator("#file").set_input_files(UTTERANCE)
    heard(page)
    until(page, "shown.samples !== null")
    spectrogram = pixels(page)
    page.get_by_label("waveform").check()
    waveform = pixels(page)
    assert len(set(waveform)) > 20 and spectrogram != waveform
    # Where the samples are is what the file holds: the loudest of them, for one.
    loudest = page.evaluate("Math.max(...shown.samples)")
    length = page.evaluate("shown.samples.length")
    assert length == 113_239 and 0.05 < loudest < 1


def test_the_cursor_moves_with_the_sound(page):
    page.locator("#file").set_input_files(UTTERANCE)
    heard(page)
    place = "parseFloat(document.getElementById('cursor').style.transform.slice(11))"
    # A click goes there, and playing goes on from it.
    box = page.locator("#timeline").bounding_box()
    page.locator("#timeline").click(position={"x": box["width"] / 2, "y": 50})
    until(page, f"Math.abs({place} - {box['width'] / 2}) < 30")
    before = page.evaluate(place)
    page.evaluate("document.getElementById('player').play()")
    until(page, f"{place} > {before} + 20")
    page.evaluate("document.getElementById('player').pause()")


def test_the_sample_comes_with_it(page):
    page.get_by_role("button", name="Try the sample").click()
    # The same samples as a file of the tests.
    assert heard(page) == headline(printed(UTTERANCE.name))


def test_a_file_may_be_dropped(page):
    with page.expect_response("**/api/classify*"):
        data = page.evaluate_handle(
            """async () => {
              const response = await fetch("/sample.flac");
              const transfer = new DataTransfer();
              transfer.items.add(new File([await response.blob()], "dropped.flac"));
              return transfer;
            }"""
        )
        page.dispatch_event("#drop", "dragover", {"dataTransfer": data})
        assert "over" in page.locator("#drop").get_attribute("class")
        page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    heard(page)
    assert "dropped.flac" in page.locator("#result-details").inner_text()


def test_it_records(page, tmp_path):
    # Keeps what is sent, which Playwright does not show.
    page.evaluate(
        "() => { const made = wavOf; wavOf = (...of) => (globalThis.sent = made(...of)); }"
    )
    page.get_by_role("button", name="Record").click()
    expect(page.locator("#status")).to_contain_text("Recording 4 s")
    page.get_by_role("button", name="Stop and listen").click()
    heard(page)
    wav = page.evaluate("async () => [...new Uint8Array(await sent.arrayBuffer())]")
    (tmp_path / "recording.wav").write_bytes(bytes(wav))
    command = [UNDERTONE, "classify", "--timeline", "recording.wav"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    result = json.loads(output.stdout)
    assert page.evaluate("shown.result") == result and not output.stderr
    # The utterance was played to it.
    assert result["duration"] > 3.5
    assert any(window["label"] != "silence" for window in result["windows"])
    assert page.get_by_role("button", name="Record").is_visible()


BAD = {
    "empty.wav": b"",
    "text.wav": b"This is no audio.\n" * 50,
    "cut.m4a": (DATA / "aac.m4a").read_bytes()[:9000],
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said_as_on_the_command_line(page, tmp_path, name):
    (tmp_path / name).write_bytes(BAD[name])
    command = [UNDERTONE, "classify", name]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    complaint = output.stderr.strip().removeprefix("undertone: ")
    page.locator("#file").set_input_files(tmp_path / name)
    problem = page.locator("#problem")
    expect(problem).to_have_text(complaint[0].upper() + complaint[1:] + ".")
    expect(page.locator("#result")).to_be_hidden()
    # The next one is welcome.
    page.get_by_role("button", name="Try the sample").click()
    heard(page)
    expect(problem).to_be_empty()


def test_what_is_too_much_is_not_sent(page, tmp_path):
    (tmp_path / "large.wav").write_bytes(bytes(2**20 + 1))
    expect(page.locator("#model")).to_contain_text("1 MiB")
    page.locator("#file").set_input_files(tmp_path / "large.wav")
    expect(page.locator("#problem")).to_contain_text("larger than the 1 MiB")


def test_silence_is_no_emotion(page, tmp_path):
    header = UTTERANCE.read_bytes()[:44]
    (tmp_path / "silence.wav").write_bytes(header + bytes(3 * 32_000))
    page.locator("#file").set_input_files(tmp_path / "silence.wav")
    assert heard(page) == "Nobody speaks"
    assert "cut short" in page.locator("#result-details").inner_text()


def test_names_are_shown_and_never_obeyed(page, tmp_path):
    name = "<img src=x onerror=alert(1)>.flac"
    (tmp_path / name).write_bytes((DATA / "16-bit.flac").read_bytes())
    page.locator("#file").set_input_files(tmp_path / name)
    heard(page)
    assert name in page.locator("#result-details").inner_text()
    assert page.locator("#result img").count() == 0


def test_without_the_server_it_says_so(page, server):
    expect(page.locator("#model")).to_contain_text("1 MiB")
    server.process.terminate()
    server.process.wait()
    page.get_by_role("button", name="Try the sample").click()
    expect(page.locator("#problem")).to_have_text("The server does not answer.")
    expect(page.locator("#device")).to_contain_text("does not answer")
