"""What is said before anything is changed."""

from pathlib import Path

import pytest

from gasthof.bootstrap import preflight
from gasthof.bootstrap.machine import Process
from gasthof.bootstrap.refusal import Refusal
from gasthof.prefix import Prefix

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'


def test_root_is_needed() -> None:
    preflight.need_root(0)
    with pytest.raises(Refusal, match="sudo"):
        preflight.need_root(1000)


def test_debian_12_is_taken() -> None:
    preflight.need_debian(DEBIAN)


@pytest.mark.parametrize(
    "release",
    [
        DEBIAN.replace('"12"', '"13"'),
        'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
        "",
    ],
)
def test_others_get_a_sentence(release: str) -> None:
    with pytest.raises(Refusal, match="Debian 12"):
        preflight.need_debian(release)


def test_the_sentence_names_what_was_found() -> None:
    with pytest.raises(Refusal, match=r"Ubuntu 24\.04"):
        preflight.need_debian('PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\n')


def test_a_machine_that_does_not_say_what_it_is_is_refused(tmp_path: Path) -> None:
    assert "ID=debian" in preflight.release()
    with pytest.raises(Refusal, match="something unknown"):
        preflight.need_debian(preflight.release(tmp_path / "os-release"))


def test_both_loopbacks_are_needed() -> None:
    preflight.need_loopback()
    with pytest.raises(Refusal, match=r"no 2001:db8::1.*disable_ipv6=0"):
        preflight.need_loopback("2001:db8::1")


def test_addresses_of_this_machine_do() -> None:
    preflight.need_addresses("127.0.0.1", "::1")
    preflight.need_addresses("127.8.9.10", "")
    preflight.need_addresses("", "::1")


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "words"),
    [
        ("203.0.113.9", "::1", r"ipv4 = '203\.0\.113\.9'.*no network interface.*ip address add 203\.0\.113\.9 dev lo"),
        ("127.0.0.1", "2001:db8::9", "ipv6 = '2001:db8::9'.*no network interface"),
        ("::1", "", "no address of IPv4"),
        ("127.0.0.1", "127.0.0.1", "no address of IPv6"),
        ("192.0.2", "", "no address of IPv4"),
        ("server.gasthof.test", "::1", "no address of IPv4"),
        ("", "", "names no address"),
    ],
)
def test_others_addresses_are_refused(ipv4: str, ipv6: str, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        preflight.need_addresses(ipv4, ipv6)


def test_the_machines_addresses_are_looked_at_before_anything_is_changed(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no network interface"):
        preflight.check(Prefix(tmp_path, ipv4="203.0.113.9"))


def test_uids_of_the_whole_machine_do() -> None:
    preflight.need_uids("         0          0 4294967295\n", 1_000_000_000)


def test_a_narrow_user_namespace_is_refused() -> None:
    with pytest.raises(Refusal, match="1000000000 to 1000099999"):
        preflight.need_uids("0 100000 65536\n", 1_000_000_000)


def test_a_range_that_ends_in_between_is_refused() -> None:
    with pytest.raises(Refusal):
        preflight.need_uids("0 0 1000000001\n", 1_000_000_000)


def test_a_taken_port_names_who_has_it() -> None:
    words = preflight.taken("https", 8444, Process(4711, 1, 4711, 0, "nginx: master process /usr/sbin/nginx"))
    assert "8444" in words and "4711" in words and "nginx: master process" in words and "--port https=" in words


def test_a_taken_port_with_an_unseen_holder() -> None:
    assert "cannot be seen" in preflight.taken("http", 8080, None)
