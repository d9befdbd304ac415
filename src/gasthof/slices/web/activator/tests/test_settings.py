"""What a pool's configuration does in the running PHP."""

from collections.abc import Iterator

import pytest

from gasthof.slices.web.activator.tests.harness import Node, ask, node

pytestmark = pytest.mark.daemons


@pytest.fixture(scope="module")
def own() -> Iterator[Node]:
    with node() as made:
        made.tell("ensure", made.customer(1))
        yield made


KEY = "8.2/s000001"
LOUD = {
    "error_log": "error_log('loud', 4);",
    "a warning": "ini_set('log_errors', '1'); ini_set('error_log', ''); trigger_error('loud', E_USER_WARNING);",
    "a fatal error": "throw new Error('loud');",
    "a missing file": "",
}


@pytest.mark.parametrize("way", LOUD)
def test_nothing_that_php_says_goes_into_the_web_servers_log(own: Node, way: str) -> None:
    """nginx writes what comes as FCGI_STDERR into a log of the platform's."""
    script = own.script(KEY, LOUD[way])
    if way == "a missing file":
        script.unlink()
    assert ask(own.socket(KEY), script).errors == ""


def test_what_php_says_goes_into_the_customers_own_log(own: Node) -> None:
    own.run(KEY, "trigger_error('heard once', E_USER_WARNING); error_log('said to nobody', 4);")
    logs = own.prefix.home("s000001") / "logs" / "php"
    assert "heard once" in (logs / "php-error.log").read_text()
    assert "said to nobody" not in own.log
