"""The live view, with the service and its microphone running."""

import re

from playwright.sync_api import expect

DECISIONS = re.compile(r"^Decisions in the last ten minutes: \w+ \d+")
KNOWN_VOICE = re.compile(r"^Knows this voice by [1-9]\d* s of speech\.$")
LISTENING = re.compile(r"^Listening to default")


def test_what_the_service_hears_is_shown(page, service):
    device = page.locator("#device")
    expect(device).to_contain_text("Not connected to the service")
    expect(page.locator("#switch")).to_be_disabled()
    service.start()
    expect(device).to_have_text(LISTENING)
    expect(page.locator("#live-bars tr")).to_have_count(8)
    expect(page.locator("#confidence")).to_contain_text("% sure")
    expect(page.locator("#level-text")).to_contain_text("dBFS")
    expect(page.locator("#baseline")).to_have_text(KNOWN_VOICE)
    expect(page.locator("#strip")).to_have_attribute("aria-label", DECISIONS)
    # A page that is opened now is told what was heard.
    later = page.context.new_page()
    later.goto(page.url)
    expect(later.locator("#strip")).to_have_attribute("aria-label", DECISIONS)
    later.close()

    page.get_by_role("button", name="Pause the microphone").click()
    expect(device).to_have_text("Paused: the microphone is closed.")
    expect(page.locator("#live-bars tr")).to_have_count(0)
    page.get_by_role("button", name="Resume the microphone").click()
    expect(device).to_have_text(LISTENING)
    expect(page.locator("#live-bars tr")).to_have_count(8)

    service.stop()
    expect(device).to_contain_text("Not connected to the service")
    service.start()
    expect(device).to_have_text(LISTENING)
    expect(page.locator("#live-bars tr")).to_have_count(8)


def test_a_pause_survives_a_restart_and_who_may_not_resume_is_told(page, service):
    service.configuration.write_text('[privacy]\nmay_resume = ["user:4000001"]\n')
    service.start()
    device = page.locator("#device")
    expect(device).to_have_text(LISTENING)
    page.get_by_role("button", name="Pause the microphone").click()
    expect(device).to_have_text("Paused: the microphone is closed.")
    service.stop()
    service.start()
    expect(device).to_have_text("Paused: the microphone is closed.")
    page.get_by_role("button", name="Resume the microphone").click()
    expect(page.locator("#switch-problem")).to_contain_text("privacy.may_resume")


def test_the_page_comes_back_to_its_server(page, server, service):
    service.start()
    device = page.locator("#device")
    expect(device).to_have_text(LISTENING)
    address = server.address.removeprefix("http://").rstrip("/")
    server.stop()
    expect(device).to_contain_text("does not answer")
    server.__init__("--listen", address, "--socket", service.socket)
    expect(device).to_have_text(LISTENING)
