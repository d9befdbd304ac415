"""Killed at every boundary of every kind of plan, and started again, the agent ends in the same state."""

import http.client
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gasthof.agent import execute, knowledge
from gasthof.agent.kinds import Knowledge
from gasthof.agent.loop import Agent
from gasthof.agent.sdk import certificate, customer, tools
from gasthof.agent.sdk.ask import Reply
from gasthof.agent.tests import killing
from gasthof.agent.tests.node import UMLAUT, Intent, Node, php, tree
from gasthof.bootstrap.layout import make_folders
from gasthof.kernel.clock import SystemClock
from gasthof.slices.web.node import facts as web_facts
from gasthof.slices.web.node import plan as web_plan
from gasthof.slices.web.node import services as web_services
from gasthof.slices.web.node.document import host_path
from gasthof.slices.web.node.nginx import configuration_digest, nginx_files
from gasthof.slices.web.spec import Protection

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(600)]

SKIP = ("node/agent", "node/web/nginx.pid", "node/web/temp-", "logs", "run", "stderr", "config.toml", "intent")
SECRET = ("ca.key", "ca.pem", "key.pem", "cert.pem")
INSTALLED = knowledge.installed()
WEB = replace(INSTALLED, fixtures=tuple(one for one in INSTALLED.fixtures if one.name.startswith("web.")))
HOSTS = (UMLAUT, f"www.{UMLAUT}", f"neu.{UMLAUT}", "nachbar.test")


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with Node.made() as made:
        assert made.agent().fix() == []
        made.start_daemons()
        yield made


@dataclass(frozen=True)
class Scenario:
    """Intent before, and what changes; both put into node.intent."""

    name: str
    before: Callable[[Node], None]
    change: Callable[[Node], None]
    stubborn: Callable[[Node], tuple[Any, ...]] = lambda node: ()
    spoil: Callable[[Node], None] = lambda node: None  # done by hand, after the change was put
    audit: bool = False

    def __str__(self) -> str:
        return self.name


def nothing(_: Node) -> None:
    pass


def home(node: Node) -> None:
    node.put_home(12)


def homes_and_pool(node: Node) -> None:
    home(node)
    node.put_pool(12)


def everything(node: Node) -> None:
    homes_and_pool(node)
    node.put_site(UMLAUT, php=php())


def everything_and_a_neighbour(node: Node) -> None:
    everything(node)
    node.put_home(13)
    node.put_site("nachbar.test", 13)


def write_as_customer(node: Node, path: str, content: bytes = b"the customer's") -> None:
    target = node.prefix.home("s000012") / path
    with customer.acting_as(node.prefix.uid_base + 12):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def full_home(node: Node) -> None:
    home(node)


def fill(node: Node) -> None:
    write_as_customer(node, "web/a/b/c/seite.html")
    write_as_customer(node, "tmp/sitzung")
    write_as_customer(node, "logs/php/php-error.log")
    (node.prefix.home("s000012") / "logs/access.log").write_text("root's line\n")


def fill_site(node: Node) -> None:
    write_as_customer(node, f"web/{UMLAUT}/a/b/seite.html")


def changed_site(node: Node) -> None:
    closed = Protection("/geheim", "Geheim")
    node.put_site(
        UMLAUT, php=None, hosts=(UMLAUT, f"neu.{UMLAUT}"), protections=(closed,), docroot=f"web/{UMLAUT}/öffentlich"
    )


def refused_check(node: Node) -> tuple[Any, ...]:
    return (("nginx", "check", f"{host_path(node.prefix, f'neu.{UMLAUT}')}.new", Reply(error="no such thing")),)


def refused_tell(_: Node) -> tuple[Any, ...]:
    return (("nginx", "tell", f"neu.{UMLAUT}", Reply(value="0" * 64)),)


def refused_pool(_: Node) -> tuple[Any, ...]:
    return (("activator", "ensure", "8.2/s000012", Reply(error="cannot listen")),)


def drop_all(node: Node) -> None:
    node.drop("subscriptions.home", "s000012")
    node.drop("web.pool", "8.2/s000012")
    node.drop("web.site", UMLAUT)


def meddle(node: Node) -> None:
    """By hand: edited, deleted, mode changed, a host planted."""
    document = host_path(node.prefix, UMLAUT)
    document.write_text(document.read_text().replace("öffentlich", "anderswo") + " ")
    host_path(node.prefix, f"www.{UMLAUT}").unlink()
    planted = host_path(node.prefix, f"neu.{UMLAUT}")
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(document.read_text())
    (node.prefix.home("s000012") / "tmp").chmod(0o755)
    (node.prefix.state / "php/pools/8.2/s000012.conf").chmod(0o666)
    shutil.rmtree(node.prefix.state / "web/tls" / host_path(node.prefix, UMLAUT).parent.name / UMLAUT)


SCENARIOS = (
    Scenario("home made", nothing, home),
    Scenario("home removed", full_home, lambda node: node.drop("subscriptions.home", "s000012"), spoil=fill),
    Scenario("pool made", home, lambda node: node.put_pool(12) and None),
    Scenario("pool changed", homes_and_pool, lambda node: node.put_pool(12, max_children=9) and None),
    Scenario("pool removed", homes_and_pool, lambda node: node.drop("web.pool", "8.2/s000012")),
    Scenario("pool refused", home, lambda node: node.put_pool(12) and None, refused_pool),
    Scenario(
        "pool change refused", homes_and_pool, lambda node: node.put_pool(12, max_children=9) and None, refused_pool
    ),
    Scenario("site made", homes_and_pool, lambda node: node.put_site(UMLAUT, php=php()) and None),
    Scenario("site changed", everything, changed_site),
    Scenario("site removed", everything, lambda node: node.drop("web.site", UMLAUT), spoil=fill_site),
    Scenario("site change refused by check", everything, changed_site, refused_check),
    Scenario("site change refused after the swap", everything, changed_site, refused_tell),
    Scenario("new site refused after the swap", homes_and_pool, changed_site, refused_tell),
    Scenario("all made at once", nothing, everything),
    Scenario("all removed at once", everything_and_a_neighbour, drop_all, spoil=fill_site),
    Scenario("drift set right", everything_and_a_neighbour, nothing, spoil=meddle, audit=True),
)


def work(agent: Agent) -> None:
    agent.reach()
    agent.fetch()
    agent.work()
    agent.deliver()


def work_and_audit(agent: Agent) -> None:
    work(agent)
    agent.audit_now()


def reset(node: Node) -> None:
    """To a node that was told of nothing, by the agent itself."""
    for kind, key in list(node.intent.changes):
        node.drop(kind, key)
    shutil.rmtree(node.prefix.home("s000012") / "web", ignore_errors=True)
    node.intent.epoch = "the end"
    agent = node.agent()
    agent.journal.db.execute("PRAGMA synchronous = OFF")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "SLICE", killing.PATIENCE)
        work(agent)
    node.agents.remove(agent)
    agent.journal.close()
    agent.executor.close()
    for path in (*node.prefix.state.glob("agent.db*"), *node.prefix.state.glob("web/*/??")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not list(node.prefix.customers.iterdir())
    node.intent = Intent()


def prepare(node: Node, scenario: Scenario) -> None:
    reset(node)
    scenario.before(node)
    assert killing.run(node, work) is not None
    scenario.change(node)
    scenario.spoil(node)


def served(node: Node, host: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", node.prefix.ports["http"], timeout=10)
    connection.request("GET", "/", headers={"Host": host, "Connection": "close"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def picture(node: Node) -> dict[str, Any]:
    """All that must be the same."""
    found: dict[str, Any] = {}
    for path, (mode, uid, gid, content) in tree(node.prefix.root, SKIP).items():
        shown: Any = content
        if path.endswith("cert.pem"):
            shown = certificate.inspect(
                (node.prefix.root / path).with_name("key.pem").read_bytes(), content,
                node.prefix.ca_certificate.read_bytes(), SystemClock().now(),
            )  # fmt: skip
        else:
            shown = telling(path, content)
        found[path] = (oct(mode), uid, gid, shown)
    found["journal"] = killing.journal_of(node)
    found["served"] = {host: served(node, host) for host in HOSTS}
    return found


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_killed_anywhere_it_ends_the_same(node: Node, scenario: Scenario) -> None:
    stubborn = scenario.stubborn(node)
    doing = work_and_audit if scenario.audit else work
    prepare(node, scenario)
    boundaries = killing.run(node, doing, stubborn=stubborn)
    assert boundaries is not None
    wanted = picture(node)
    assert boundaries > 8, "the change did nothing"
    for at in killing.some(boundaries):
        prepare(node, scenario)
        killing.run(node, doing, at, stubborn=stubborn)
        assert killing.run(node, doing, stubborn=stubborn) is not None
        assert picture(node) == wanted, f"killed at boundary {at} of {boundaries}"


def test_the_pictures_tell_something(node: Node) -> None:
    """The comparison above would notice a lost document, a wrong mode, a certificate that does not fit, a page not served."""
    reset(node)
    everything_and_a_neighbour(node)
    killing.run(node, work)
    whole = picture(node)
    assert whole["served"][UMLAUT][0] == 200 and whole["served"][f"neu.{UMLAUT}"][0] == 404
    assert "Hier entsteht" in whole["served"][UMLAUT][1].decode()
    states = {row[1]: row[6] for row in whole["journal"] if len(row) == 8}
    assert states == {
        "s000012": "live",
        "s000013": "live",
        "nachbar.test": "live",
        "8.2/s000012": "live",
        UMLAUT: "live",
    }
    document = host_path(node.prefix, UMLAUT)
    document.chmod(0o644)
    assert picture(node) != whole
    document.chmod(0o640)
    assert picture(node) == whole
    killing.run(node, lambda agent: agent.journal.forsake([("web.site", UMLAUT)]))
    assert picture(node) != whole


def fix(agent: Agent) -> None:
    agent.fix()


def wait_loaded(node: Node, digest: str) -> None:
    found = web_services.NginxAdmin(node.prefix.nginx_admin).ask("configuration", [digest])
    assert found[digest].value == digest


def older(node: Node) -> None:
    web = node.prefix.state / "web"
    killing.run(node, fix, taught=WEB)
    settings, conf = web / "lua/gasthof/settings.lua", web / "nginx.conf"
    wanted = configuration_digest(nginx_files(node.prefix))
    settings.write_text(settings.read_text().replace(wanted, "0" * 64))
    conf.write_text("# older\n" + conf.read_text().replace(wanted, "0" * 64))
    (web / "lua/gasthof/older.lua").write_text("return 1\n")
    tools.reload(node.prefix, web_services.RELOADS["nginx"])
    wait_loaded(node, "0" * 64)


def test_new_configuration_killed_anywhere(node: Node) -> None:
    reset(node)
    killing.run(node, fix, taught=WEB)
    digest = configuration_digest(nginx_files(node.prefix))
    wanted = tree(node.prefix.state / "web", ("nginx.pid", "temp-", "tls"))
    older(node)
    boundaries = killing.run(node, fix, taught=WEB)
    assert boundaries and tree(node.prefix.state / "web", ("nginx.pid", "temp-", "tls")) == wanted
    for at in killing.some(boundaries):
        older(node)
        killing.run(node, fix, at, taught=WEB)
        killing.run(node, fix, taught=WEB)
        assert tree(node.prefix.state / "web", ("nginx.pid", "temp-", "tls")) == wanted, at
        wait_loaded(node, digest)


NEVER_RIGHT = "f" * 64
waiting = web_services.NginxAdmin._configuration
BROKEN = {
    "refused by its checker": ("worker_processes auto;", "worker_processes auto; bogus;"),
    "refused by the worker": (
        'worker = require "gasthof.worker"',
        'worker = require "gasthof.worker" require("gasthof.settings").digest = "?"',
    ),
}


def settled(admin: web_services.NginxAdmin, wanted: str) -> str:
    """Nobody waits for a configuration that never comes right: what its workers say of it is known."""
    return waiting(admin, f"? beside {wanted}" if wanted == NEVER_RIGHT else wanted)


@pytest.mark.parametrize("how", BROKEN)
def test_refused_configuration_killed_anywhere(node: Node, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reset(node)
    killing.run(node, fix, taught=WEB)
    digest = configuration_digest(nginx_files(node.prefix))
    wanted = tree(node.prefix.state, ("agent", "web/nginx.pid", "web/temp-", "web-trial"))
    old, new = BROKEN[how]

    def broken(prefix: Any) -> dict[str, bytes]:
        made, other = nginx_files(prefix), NEVER_RIGHT.encode()
        assert old in made["nginx.conf"].decode()
        return made | {
            "nginx.conf": made["nginx.conf"].replace(old.encode(), new.encode()).replace(digest.encode(), other),
            "lua/gasthof/neu.lua": b"return 2\n",
            "lua/gasthof/settings.lua": made["lua/gasthof/settings.lua"].replace(digest.encode(), other),
        }

    monkeypatch.setattr(web_services.NginxAdmin, "_configuration", settled)
    monkeypatch.setattr(web_plan, "nginx_files", broken)
    monkeypatch.setattr(web_facts, "nginx_files", broken)
    words = node.agent(WEB).fix()
    assert len(words) == 1 and ("bogus" in words[0] if "checker" in how else "serves ? beside " in words[0])
    boundaries = killing.run(node, fix, taught=WEB)
    assert boundaries
    for at in killing.some(boundaries):
        killing.run(node, fix, at, taught=WEB)
        killing.run(node, fix, taught=WEB)
        assert tree(node.prefix.state, ("agent", "web/nginx.pid", "web/temp-", "web-trial")) == wanted, at
    wait_loaded(node, digest)


@pytest.mark.parametrize(("taught", "most"), [(WEB, killing.NEVER), (INSTALLED, 10)], ids=["web", "all slices"])
def test_first_fixtures_killed_anywhere(taught: Knowledge, most: int) -> None:
    """Those of all slices take long: at a few boundaries, spread over all of them. Slices with daemons have tests of their own."""
    with Node.made() as fresh:

        def clear() -> None:
            for path in (fresh.prefix.state, fresh.prefix.ca_certificate):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            fresh.prefix.state.mkdir(mode=0o711)
            make_folders(fresh.prefix)

        clear()
        boundaries = killing.run(fresh, fix, taught=taught)
        assert boundaries
        wanted = shape(fresh)
        for at in range(0, boundaries, max(killing.EVERY, boundaries // most)):
            clear()
            killing.run(fresh, fix, at, taught=taught)
            killing.run(fresh, fix, taught=taught)
            assert shape(fresh) == wanted, at


def shape(node: Node) -> dict[str, Any]:
    found = tree(node.prefix.root, ("node/agent", "logs", "run", "stderr"))
    return {path: (*rest, telling(path, content)) for path, (*rest, content) in found.items()}


def telling(path: str, content: bytes) -> object:
    """What of a file's content is the same each time: nothing of keys, and a database's pages depend on its past."""
    if re.search(r"\.db(-wal|-shm)?$", path):
        return None
    return len(content) > 0 if Path(path).name in SECRET else content
