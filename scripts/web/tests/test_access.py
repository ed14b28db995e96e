"""For everybody: without a mouse, without seeing it, on a telephone, in the dark."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import UTTERANCE, until
from playwright.sync_api import expect

SCHEMES = ["light", "dark"]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1100, "height": 900}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing(page, service, scheme, size):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    service.start()
    assert_nothing_found(page)
    page.locator("#file").set_input_files(UTTERANCE)
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#live-bars tr")).to_have_count(8)
    page.get_by_text("Every window as a table").click()
    assert_nothing_found(page)
    page.locator("#file").set_input_files({"name": "a", "mimeType": "", "buffer": b"no audio"})
    expect(page.locator("#problem")).not_to_be_empty()
    assert_nothing_found(page)


def assert_nothing_found(page):
    found = Axe().run(page).response
    assert not found["violations"], json.dumps(found["violations"], indent=1)
    assert len(found["passes"]) > 20


@pytest.mark.parametrize("width", [360, 320, 1100])
def test_nothing_is_wider_than_the_window(page, service, width):
    page.set_viewport_size({"width": width, "height": 740})
    service.start()
    page.get_by_role("button", name="Try the sample").click()
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#live-bars tr")).to_have_count(8)
    page.get_by_text("Every window as a table").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_is_enough(page, service):
    service.start()
    expect(page.locator("#switch")).to_be_enabled()
    reached = []

    def tab_to(words):
        """Tabs on until what has the focus is called that."""
        for _ in range(30):
            page.keyboard.press("Tab")
            name = page.evaluate(
                "[document.activeElement.id, document.activeElement.textContent].join(' ')"
            )
            reached.append(name)
            if words in name:
                return
        raise AssertionError(f"{words} is not reached: {reached}")

    tab_to("file")
    tab_to("Record")
    tab_to("Try the sample")
    page.keyboard.press("Enter")
    # The result has the focus, so that it is read and what follows is next.
    expect(page.locator("#result")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "spectrogram"
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("waveform").is_checked()
    tab_to("player")
    page.keyboard.press("Space")
    until(page, "document.getElementById('player').currentTime > 0.2")
    tab_to("Download JSON")
    with page.expect_download():
        page.keyboard.press("Enter")
    tab_to("Every window as a table")
    page.keyboard.press("Enter")
    expect(page.locator("#windows")).to_be_visible()
    tab_to("Pause the microphone")
    page.keyboard.press("Enter")
    expect(page.locator("#device")).to_have_text("Paused: the microphone is closed.")
    # It stays where it was, under its new name.
    assert page.evaluate("document.activeElement.textContent") == "Resume the microphone"
    page.keyboard.press("Space")
    expect(page.locator("#device")).to_contain_text("Listening to default")


def test_the_theme_changes_what_is_drawn(page):
    page.get_by_role("button", name="Try the sample").click()
    until(page, "shown.samples !== null")
    picture = "document.getElementById('timeline').toDataURL()"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(picture)
    page.emulate_media(color_scheme="dark")
    until(page, f"{picture} !== {json.dumps(light)}")
