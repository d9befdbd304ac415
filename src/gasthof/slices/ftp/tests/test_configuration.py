"""ProFTPD's configuration, read back as ProFTPD reads it, directive by directive."""

import dataclasses
import shlex
from pathlib import Path

import pytest

from gasthof.prefix import Prefix
from gasthof.slices.ftp.node import configuration

PREFIX = Prefix(Path("/srv/gasthof"), host="server.gasthof.test")
Tree = dict[str, list[str]]


def parse(content: bytes) -> dict[str, Tree]:
    """Section ("" for the main server) -> directive -> its words; directives that come twice are joined."""
    sections: dict[str, Tree] = {"": {}}
    where = ""
    for line in content.decode().splitlines():
        words = shlex.split(line.strip(), comments=False) if not line.strip().startswith("#") else []
        if words and words[0].startswith("</"):
            where = ""
        elif words and words[0].startswith("<"):
            where = line.strip().strip("<>")
            sections[where] = {}
        elif words:
            sections[where].setdefault(words[0], []).extend(words[1:])
    return sections


@pytest.fixture
def sections() -> dict[str, Tree]:
    return parse(configuration.proftpd_conf(PREFIX))


def test_a_machine_with_an_address_is_reached_there() -> None:
    found = parse(configuration.proftpd_conf(dataclasses.replace(PREFIX, ipv4="203.0.113.9", ipv6="2001:DB8::9")))
    assert found[""]["DefaultAddress"] == ["127.0.0.1", "::1", "203.0.113.9", "2001:db8::9"]
    assert list(found)[2] == "VirtualHost 127.0.0.1 ::1 203.0.113.9 2001:db8::9"


def test_there_are_two_servers_on_loopback(sections: dict[str, Tree]) -> None:
    assert list(sections) == ["", "Global", "VirtualHost 127.0.0.1 ::1"]
    assert sections[""]["DefaultAddress"] == ["127.0.0.1", "::1"]
    assert (sections[""]["Port"], sections["VirtualHost 127.0.0.1 ::1"]["Port"]) == (["8021"], ["8022"])


def test_nobody_signs_in_but_by_the_look_up_database(sections: dict[str, Tree]) -> None:
    assert sections["Global"]["AuthOrder"] == ["mod_sql.c"]
    for server in ("", "VirtualHost 127.0.0.1 ::1"):  # what is not inherited
        assert sections[server]["AuthPAM"] == sections[server]["RequireValidShell"] == ["off"]
        assert sections[server]["SQLConnectInfo"] == ["file:/srv/gasthof/node/ftp/lookup.db?mode=ro"]
        assert sections[server]["SQLAuthTypes"] == ["Crypt"]
        assert sections[server]["SQLMinUserUID"] == sections[server]["SQLMinUserGID"] == ["1000000"]


def test_ftp_is_for_tls_only(sections: dict[str, Tree]) -> None:
    assert sections[""]["TLSEngine"] == sections[""]["TLSRequired"] == ["on"]
    assert sections[""]["TLSProtocol"] == ["TLSv1.2", "TLSv1.3"]
    assert sections["VirtualHost 127.0.0.1 ::1"]["TLSEngine"] == ["off"]
    assert sections["VirtualHost 127.0.0.1 ::1"]["SFTPEngine"] == ["on"]


def test_what_shuts_sessions_in(sections: dict[str, Tree]) -> None:
    wanted = {
        "DefaultRoot": ["~"], "AllowChrootSymlinks": ["off"], "RootRevoke": ["UseNonCompliantActiveTransfers"],
        "CapabilitiesEngine": ["off"], "AllowOverride": ["off"], "AllowForeignAddress": ["off"], "RootLogin": ["off"],
    }  # fmt: skip
    assert {name: sections["Global"][name] for name in wanted} == wanted
    assert not {"mod_copy.c", "mod_site_misc.c", "mod_exec.c"} & set(sections[""]["LoadModule"])


@pytest.mark.parametrize("root", ["/srv/a b", '/srv/"', "/srv/a\nUser root", "/srv/%u", "/srv/a?mode=rw", "/srv/#"])
def test_a_prefix_that_could_not_be_written_down_is_refused(root: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        configuration.proftpd_conf(dataclasses.replace(PREFIX, root=Path(root)))
