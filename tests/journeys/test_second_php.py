"""A second PHP: a registered build is offered, chosen for one site, and the others keep theirs (spec row P7)."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import idna
import pytest

from gasthof.bootstrap.supervisor import Supervisor
from tests.customers import arrive
from tests.platform import Platform

pytestmark = pytest.mark.daemons

BINARY = b"<?php echo basename(PHP_BINARY), ' ', php_sapi_name();"
OTHER = "8.9"


@pytest.fixture
def second(platform: Platform) -> Iterator[Path]:
    """Another php-fpm binary in another place, registered on the node; afterwards gone, for it would be the newest of all."""
    folder = platform.root / "php-build"
    folder.mkdir(mode=0o755, exist_ok=True)
    build = folder / "php-fpm-other"
    shutil.copy2("/usr/sbin/php-fpm8.2", build)
    register = platform.prefix.state / "php" / "builds.json"
    register.write_text(json.dumps({OTHER: str(build)}))
    register.chmod(0o600)
    _look_around(platform)
    yield build
    register.unlink()
    _look_around(platform)
    _offered(platform, False)


def _look_around(platform: Platform) -> None:
    os.kill(Supervisor(platform.prefix).rpc.getProcessInfo("agent")["pid"], signal.SIGUSR1)


def test_one_site_gets_the_second_version(platform: Platform, second: Path) -> None:
    guest = arrive(platform, "Zwei Köche")
    for name in ("älter.test", "jünger.test"):
        platform.run("domains.add", subscription=guest.subscription, name=name)
        platform.run("web.change_site", domain=name, php_version="8.2")
        guest.put(f"web/{idna.encode(name).decode()}/welches.php", BINARY)
    _offered(platform, True)
    platform.run("web.change_site", domain="jünger.test", php_version=OTHER)
    assert platform.https("jünger.test", "/welches.php").text == "php-fpm-other fpm-fcgi"
    assert platform.https("älter.test", "/welches.php").text == "php-fpm8.2 fpm-fcgi"
    assert (platform.prefix.php_socket(OTHER, guest.subscription)).is_socket()
    platform.run("web.change_site", domain="jünger.test", php_version="8.2")
    assert platform.https("jünger.test", "/welches.php").text == "php-fpm8.2 fpm-fcgi"
    assert not (platform.prefix.php_socket(OTHER, guest.subscription)).exists()


def test_a_version_that_the_node_has_not_is_refused_with_those_it_has(platform: Platform) -> None:
    guest = arrive(platform, "Köchin ohne PHP 5")
    platform.run("domains.add", subscription=guest.subscription, name="uralt-ö.test")
    done = platform.command(
        "run", "web.change_site", "domain=uralt-ö.test", "php_version=5.6", "--lang", "de", check=False
    )
    assert done.returncode == 1
    assert "php_version" in done.stderr
    assert "8.2" in done.stderr


def _offered(platform: Platform, wanted: bool) -> None:
    """Wait until the node has told the control plane that it has the second version, or has it no more."""
    code = "from gasthof.slices.nodes.models import Node; from gasthof.slices.nodes.queries import php_versions;"
    until = time.monotonic() + 30
    while time.monotonic() < until:
        shown = platform.command("manage", "shell", "-c", f"{code} print(php_versions(Node.objects.get()))").stdout
        if (OTHER in shown) == wanted:
            return
        time.sleep(0.5)
    raise AssertionError(shown)
