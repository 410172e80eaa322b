"""A person opens the link of a page in a browser, says that they have it, and the escalation stops."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from reputation_guard.domain.incident import Cause
from tests.e2e.account import Account
from tests.e2e.incidents import A_MOMENT, Incidents
from tests.e2e.waiting import eventually, happens

QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
LINK = re.compile(r"https://[a-z0-9-]+\.lambda-url\.\S+/i/\S+")


def excuse_for_no_browser(environment: Mapping[str, str], *, can_install: bool) -> str:
    """Why tests without a browser are skipped; "" where they have to fail."""
    if environment.get("NO_BROWSER"):
        return "NO_BROWSER is set: nobody tried a link in a browser"
    if can_install or environment.get("CI"):
        return ""
    return "no Chromium here, and no way to install it: nobody tried a link in a browser"


@pytest.fixture
def browser() -> Iterator[Chrome]:
    """A Chromium without a window or a past; without one the tests fail, unless nobody could have installed it."""
    driver = shutil.which("chromedriver")
    if not driver:
        can_install = os.geteuid() == 0 and shutil.which("apt-get") is not None
        if excuse := excuse_for_no_browser(os.environ, can_install=can_install):
            pytest.skip(excuse)
        pytest.fail("no chromedriver: make browser installs Debian's; NO_BROWSER=1 leaves these tests out")
    options = ChromeOptions()
    for argument in QUIET:
        options.add_argument(argument)
    with Chrome(options=options, service=Service(driver)) as found:
        found.set_window_size(360, 900)
        yield found


def test_nobody_is_excused_from_the_browser_where_it_could_be_installed() -> None:
    """A test that is skipped in CI proves nothing, and nobody sees that."""
    assert not excuse_for_no_browser({}, can_install=True)
    assert not excuse_for_no_browser({"CI": "true"}, can_install=False)
    assert "no way to install" in excuse_for_no_browser({}, can_install=False)
    for can_install in (True, False):
        assert "NO_BROWSER" in excuse_for_no_browser({"NO_BROWSER": "1", "CI": "true"}, can_install=can_install)


def test_a_link_from_a_page_acknowledges_and_the_escalation_stops(account: Account, browser: Chrome) -> None:
    incidents = Incidents(account)
    tenant = incidents.new_tenant("linked")
    incident = incidents.stopped(tenant)
    page = account.inbox.wait_for(tenant.name, "TenantPaused")
    found = LINK.search(page.text)
    assert found, page.text
    browser.get(account.aws.on_this_machine(found[0]))
    assert tenant.name in browser.find_element(By.TAG_NAME, "h1").text
    before = incidents.again(incident)
    assert before.signals == (), "a look changes nothing"
    form = browser.find_element(
        By.CSS_SELECTOR, "form:has(input[value=acknowledge]), form:has(button[value=acknowledge])"
    )
    form.find_element(By.NAME, "by").send_keys("Olga Operator")
    form.find_element(By.TAG_NAME, "button").click()
    eventually(lambda: "Olga Operator" in browser.find_element(By.TAG_NAME, "main").text, "the page says who has it")
    answered = incidents.again(incident)
    assert answered.answer
    assert (answered.answer.by, answered.answer.proved) == ("Olga Operator", False)
    pages = len(answered.pages)
    assert not happens(lambda: len(incidents.again(incident).pages) > pages, within=A_MOMENT.total_seconds() * 1.5)
    eventually(lambda: incidents.again(incident).pages[-1].cause is Cause.LAPSED, "it lapses all the same")


def test_an_altered_link_is_refused_and_leaks_nothing(account: Account, browser: Chrome) -> None:
    incidents = Incidents(account)
    tenant = incidents.new_tenant("altered")
    incidents.stopped(tenant)
    found = LINK.search(account.inbox.wait_for(tenant.name, "TenantPaused").text)
    assert found
    browser.get(account.aws.on_this_machine(found[0][:-2] + ("aa" if not found[0].endswith("aa") else "bb")))
    text = browser.find_element(By.TAG_NAME, "main").text
    assert tenant.name not in text
    assert "guard incidents" in text
