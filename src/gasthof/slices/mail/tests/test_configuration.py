"""What is rendered for the daemons, read back."""

import re
from pathlib import Path

import pytest

from gasthof.prefix import Prefix
from gasthof.slices.mail.node import lookups, places
from gasthof.slices.mail.node.daemons import DAEMONS
from gasthof.slices.mail.node.dovecot import dovecot_files
from gasthof.slices.mail.node.fixtures import PARTS
from gasthof.slices.mail.node.front import front_files
from gasthof.slices.mail.node.postfix import MAPS, postfix_files
from gasthof.slices.mail.node.sni import NAME

PREFIX = Prefix(Path("/srv/gasthof"), ipv4="203.0.113.9", ipv6="")


def settings(text: bytes) -> dict[str, str]:
    """main.cf and tables, as postconf(5) says: a line that begins with white space goes on with the one before."""
    joined = re.sub(r"\n[ \t]+", " ", text.decode())
    lines = (line for line in joined.splitlines() if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}


def test_the_table_of_keys_alone_is_asked_through_the_proxy() -> None:
    main, master = settings(postfix_files(PREFIX)["main.cf"]), postfix_files(PREFIX)["master.cf"].decode()
    named = set(re.findall(r"(?<=sqlite:)[^\s,}]+", " ".join([*main.values(), master])))
    assert named == {f"/srv/gasthof/node/mail/postfix/conf/{name}.cf" for name in (*MAPS, "certificates")}
    proxied = re.findall(r"proxy:sqlite:(\S+)", " ".join([*main.values(), master]))
    assert proxied == ["/srv/gasthof/node/mail/postfix/conf/certificates.cf"]
    assert main["proxy_read_maps"] == "$tls_server_sni_maps"


def test_tables_of_whole_addresses_are_not_asked_for_their_parts() -> None:
    """Each question costs; the first table of a unionmap says which there are."""
    found = postfix_files(PREFIX)
    text = (found["main.cf"] + found["master.cf"]).decode()
    for name, times in (("here", 1), ("transports", 1), ("doubtful", 1 + 2 * 3), ("refused", 1)):
        table = f"sqlite:/srv/gasthof/node/mail/postfix/conf/{name}.cf"
        whole = f"unionmap:{{regexp:/srv/gasthof/node/mail/postfix/conf/whole-only, {table}}}"
        assert text.count(whole) == times
        assert table not in text.replace(whole, "")
    assert [line for line in found["whole-only"].decode().splitlines() if not line.startswith("#")] == []


def test_what_is_in_doubt_is_asked_for_by_its_class() -> None:
    main = settings(postfix_files(PREFIX)["main.cf"])
    assert main["smtpd_restriction_classes"] == lookups.DOUBTFUL
    assert (
        main[lookups.DOUBTFUL].startswith("check_recipient_access unionmap:")
        and "/refused.cf" in main[lookups.DOUBTFUL]
    )
    assert re.findall(r"(\w+)\.cf", main["virtual_alias_maps"]) == ["direct", "routes"]


def test_queries_stand_in_one_line_and_unchanged() -> None:
    found = postfix_files(PREFIX)
    for name, query in MAPS.items():
        assert settings(found[f"{name}.cf"]) == {
            "dbpath": "file:/srv/gasthof/node/mail/lookup-postfix/postfix.db?mode=ro",
            "query": query.replace("<<delivery>>", "lmtp:unix:/srv/gasthof/run/mail/delivery/lmtp.sock"),
        }
    sql = settings(dovecot_files(PREFIX)["sql.conf"])
    assert sql["password_query"] == lookups.PASSWORD_QUERY
    assert sql["user_query"] == lookups.SPELLED_QUERY
    users = dovecot_files(PREFIX)["users.lua"].decode()
    assert f'"{lookups.USER_QUERY}"' in users and f'"file:{sql["connect"]}?mode=ro"' in users


def test_nobody_is_trusted_for_an_address() -> None:
    main = settings(postfix_files(PREFIX)["main.cf"])
    assert [main[name] for name in ("mynetworks", "mydestination", "relay_domains", "authorized_submit_users")] == [
        ""
    ] * 4
    assert (
        "permit_mynetworks"
        not in postfix_files(PREFIX)["main.cf"].decode() + postfix_files(PREFIX)["master.cf"].decode()
    )


def test_listeners() -> None:
    lines = postfix_files(PREFIX)["master.cf"].decode().splitlines()
    found = [line.split()[0] for line in lines if re.match(r"\S+ +inet ", line)]
    world = [f"{host}:{port}" for port in (8025, 8587, 8465) for host in ("127.0.0.1", "[::1]", "203.0.113.9")]
    assert found == [*world, f"{places.inside(PREFIX)}:{places.FILTERS}"]
    assert not any(line.split()[0] == "pickup" for line in lines if line.strip())
    front = front_files(PREFIX)["nginx.conf"].decode()
    assert re.findall(r"listen (\S+) ssl", front) == [
        f"{host}:{port}" for port in (8993, 8995) for host in ("127.0.0.1", "[::1]", "203.0.113.9")
    ]


def test_two_installations_share_no_inner_address() -> None:
    other = Prefix(Path("/srv/other"), ports=PREFIX.ports | {"imaps": 8994})
    assert len({places.inside(PREFIX), places.front(PREFIX), places.inside(other), places.front(other)}) == 4
    dovecot = dovecot_files(PREFIX)["dovecot.conf"].decode()
    assert f"\nlisten = {places.inside(PREFIX)}\n" in dovecot
    assert f"\nhaproxy_trusted_networks = {places.front(PREFIX)}/32\n" in dovecot


@pytest.mark.parametrize(
    "root", ["/srv/a b", "/srv/a;b", "/srv/a\nb", '/srv/a"b', "/srv/ä", "/srv/$a", "/srv/" + "a" * 100]
)
def test_a_prefix_that_could_break_out_is_refused(root: str) -> None:
    for part in PARTS:
        with pytest.raises(ValueError, match=r"safe|longer"):
            part.files(Prefix(Path(root)))


def test_names_that_become_paths() -> None:
    pattern = re.search(r'"~(\^.*\$)" \$named', front_files(PREFIX)["nginx.conf"].decode())
    assert pattern
    nginx = re.compile(pattern[1].replace("(?<named>", "(?P<named>"))
    good = ["mail.xn--gre-aus-kln-w6a02arc.test", "mail.a.b.c.d.test", "mail.1.de"]
    bad = [
        "mail.test",
        "mail",
        "mail.",
        "mail..de",
        "mail.-a.de",
        "mail.a-.de",
        "mail.a/b.de",
        "mail.a.de/",
        "mail.a.de\n",
        "Mail.a.de",
        "xmail.a.de",
        f"mail.{'a' * 64}.de",
        "mail.ü.de",
        "server",
    ]
    assert [bool(nginx.match(name)) and bool(NAME.fullmatch(name)) for name in good] == [True] * len(good)
    assert [name for name in bad if NAME.fullmatch(name)] == []
    assert [name for name in bad if nginx.match(name) and "\n" not in name] == []


def test_all_programs_have_a_probe_and_a_log_that_is_nobody_elses() -> None:
    names = [program.name for program in DAEMONS.programs(PREFIX, "/usr/bin/python3")]
    assert set(DAEMONS.probes(PREFIX)) == set(names)
    assert set(DAEMONS.private_logs) == {"postfix.log", "dovecot.log", "mail-front.log"}


def test_every_session_of_port_25_can_ask_how_full_a_mailbox_is() -> None:
    main = settings(postfix_files(PREFIX)["main.cf"])
    service = dovecot_files(PREFIX)["dovecot.conf"].decode().partition("service quota-status {")[2].partition("\n}")[0]
    room = {name: int(number) for name, number in re.findall(r"(\w+_limit) = (\d+)", service)}
    sessions = int(main["default_process_limit"]) * 4  # addresses of a machine
    assert room["client_limit"] * room["process_limit"] >= sessions
