"""Webhooks against those who make them: the inside of the house by way of the courier, others' events, receivers that mean harm."""

import json
import socket
import time
from pathlib import Path

import pytest

from gasthof.kernel.actions import perform
from gasthof.kernel.collection import read
from gasthof.kernel.refusal import ActionRefused
from gasthof.slices.access.models import User
from gasthof.slices.access.queries import actor_of
from gasthof.slices.webhooks.door import Door
from gasthof.slices.webhooks.models import Delivery, Webhook
from gasthof.slices.webhooks.posting import LARGEST, Answer, post
from gasthof.slices.webhooks.telling import hand_out
from gasthof.slices.webhooks.tests.conftest import Scene, receiver, scene
from gasthof.slices.webhooks.values import Url
from tests.house import OPERATOR
from tests.programs import people
from tests.receivers import LOOPBACK, Receiver, receiving

__all__ = ["receiver", "scene"]  # fixtures
INSIDE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe",
    "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1", "2001:0:7f00:1::", "2001:db8::1",
)  # fmt: skip
NOT_PUBLIC = "The address leads to a machine that is not on the public internet."
HEADERS = {"webhook-id": "msg_1"}


def ask(url: str, door: Door) -> Answer:
    return post(Url.parse(url), HEADERS, b"{}", door)


@pytest.mark.parametrize("address", INSIDE)
def test_no_name_leads_inside(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one packet goes there."""
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("a connection was made"))
    assert ask("https://haken.example/", Door(resolve=lambda _name: [address])).words == NOT_PUBLIC
    assert ask("https://haken.example/", Door(resolve=lambda _name: ["9.9.9.9", address])).words == NOT_PUBLIC


@pytest.mark.django_db
@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_can_be_registered(scene: Scene, address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ActionRefused) as refusal:
        scene.add(url=f"https://{host}/")
    assert [error.field for error in refusal.value.errors] == ["url"]
    webhook = scene.add()
    with pytest.raises(ActionRefused):
        scene.house.run("webhooks.change", webhook=webhook.pk, url=f"https://{host}:8443/")


def test_the_machines_own_public_address_is_refused_even_when_nobody_named_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if loopback were public: what a connection says of itself gives it away."""
    monkeypatch.setattr("gasthof.slices.webhooks.door.is_public", lambda _address: True)
    with receiving(tmp_path) as receiver:
        assert ask(receiver.url, receiver.door(allowed=())).words == NOT_PUBLIC
        assert receiver.heard == []


def test_a_name_that_changes_its_mind_is_looked_up_once(tmp_path: Path) -> None:
    """DNS rebinding: the second answer, the one that leads inside, is never asked for."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    with receiving(tmp_path) as receiver:
        door = receiver.door(resolve=lambda _name: next(answers))
        assert ask(receiver.url, door).status == 204
        assert ask(receiver.url, door).words == NOT_PUBLIC
        assert len(receiver.heard) == 1


@pytest.mark.django_db
def test_public_when_registered_private_when_sent(scene: Scene) -> None:
    scene.add()
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
    hand_out(scene.clock.now())
    scene.sending.turn(Door(resolve=lambda _name: ["127.0.0.1"]), 10)
    assert scene.receiver.heard == [] and scene.sent().words == NOT_PUBLIC
    assert "127.0.0.1" not in str(read(OPERATOR, "webhook_deliveries").rows), "an answer of inner name servers"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, status: int) -> None:
    with receiving(tmp_path) as inner, receiving(tmp_path_factory.mktemp("outer")) as outer:
        for to in (
            f"https://127.0.0.1:{inner.port}/",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
        ):
            outer.answer = lambda connection, to=to: connection.sendall(
                f"HTTP/1.1 {status} Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            answer = ask(outer.url, outer.door())
            assert (answer.status, answer.words) == (status, "The server leads elsewhere, which is not followed.")
        assert inner.heard == [] and len(outer.heard) == 3


def test_proxies_of_the_environment_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiving(tmp_path) as receiver:
        assert ask(receiver.url, receiver.door()).status == 204


def huge(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    for _ in range(2_000):
        connection.sendall(b"<script>alert(1)</script>" * 4_000)


def bomb(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n"
        + b"\x1f\x8b" * 999
    )


def many_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % nth for nth in range(5_000)) + b"\r\n")


def long_line(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 900_000)


def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9\r\n" * 9)


def controls(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 500 No\r\n\r\n\x00\x1b[2J\xff\xfe\xe2\x80\xae" + "Käse".encode())


@pytest.mark.parametrize("answer", [huge, bomb, many_headers, long_line, nonsense, controls])
def test_whatever_comes_back_is_bounded_and_legible(tmp_path: Path, answer: object) -> None:
    with receiving(tmp_path, answer=answer) as receiver:
        before = time.monotonic()
        found = ask(receiver.url, receiver.door())
    assert time.monotonic() - before < 10 and len(found.excerpt) <= 500 < LARGEST
    assert all(sign.isprintable() or sign == "\n" for sign in found.excerpt)
    if answer is controls:
        assert found.status == 500 and found.excerpt.endswith("Käse")


@pytest.mark.long
def test_a_body_that_drips_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.slices.webhooks.posting.WHOLE", 1.0)

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1_000):
            connection.sendall(b"x")
            time.sleep(0.05)

    with receiving(tmp_path, answer=drip) as receiver:
        before = time.monotonic()
        assert ask(receiver.url, receiver.door()).words == "The server took too long."
        assert time.monotonic() - before < 3


@pytest.mark.long
def test_a_handshake_that_never_comes_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.slices.webhooks.posting.WHOLE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        door = Door(LOOPBACK, resolve=lambda _name: ["127.0.0.1"])
        before = time.monotonic()
        answer = ask(f"https://haken.example:{silent.getsockname()[1]}/", door)
        assert answer.status is None and answer.words == "The server took too long." and time.monotonic() - before < 3


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """The local authority counts for the networks that the operator named, and nowhere else."""
    with receiving(tmp_path) as receiver:
        found = ask(receiver.url, receiver.door(authority=""))
        assert found.words == "The connection is not secure." and receiver.heard == []


@pytest.mark.parametrize(
    "typed",
    ["https://haken.example/\r\nX-Evil: 1", "https://haken.example/%0d%0aX-Evil:%201", "https://haken.example/?a=%0d%0aX-Evil:%201",
     "https://haken.example/ HTTP/1.1", "https://haken.example\r\n/", "https://haken.example/\u2028X-Evil: 1"],
)  # fmt: skip
def test_no_header_slips_in_by_an_address(tmp_path: Path, typed: str) -> None:
    with receiving(tmp_path) as receiver:
        try:
            url = Url.parse(typed.replace("haken.example", f"{receiver.name}:{receiver.port}"))
        except ValueError:
            return
        assert post(url, HEADERS, b"{}", receiver.door()).status == 204
        (heard,) = receiver.heard
        assert "x-evil" not in heard.headers and "\r" not in heard.path


@pytest.mark.django_db
def test_another_customers_events_are_never_sent(scene: Scene) -> None:
    scene.add()
    house = scene.house
    house.run("domains.add", house.gardener, subscription=house.other, name="gärtnerei-grün.test")
    house.run("accounts.change", house.gardener, customer=house.gardener.customer, name="Gärtnerei")
    house.run("subscriptions.create_plan", name="Geheim")
    scene.turn()
    assert scene.receiver.heard == [] and not Delivery.objects.exists()


@pytest.mark.django_db
def test_whose_right_was_taken_away_is_sent_nothing_more_not_even_what_waits(scene: Scene) -> None:
    scene.add()
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
    hand_out(scene.clock.now())
    assert Delivery.objects.count() == 1
    given = scene.anna.assignments.get()
    scene.house.run("access.withdraw", assignment=given.pk)
    scene.house.run("access.assign", user=scene.anna.pk, role="webmaster")
    scene.turn()
    assert scene.receiver.heard == [] and scene.sent().state == Delivery.FAILED
    assert scene.sent().words == "Whoever made this webhook may not see this any more."


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["access.deactivate", "access.remove_user"])
def test_who_may_not_sign_in_any_more_is_sent_nothing(scene: Scene, verb: str) -> None:
    scene.add()
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
    hand_out(scene.clock.now())
    scene.house.run(verb, user=scene.anna.pk)
    scene.turn()
    assert scene.receiver.heard == []
    assert Webhook.objects.exists() == (verb == "access.deactivate")


@pytest.mark.django_db
def test_a_reseller_who_lost_a_customer_is_sent_nothing_of_them(scene: Scene) -> None:
    house = scene.house
    number = house.run("accounts.create", name="Händler").result["customer"]
    house.run("accounts.set_reseller", customer=number, resells="yes")
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller=number)
    scene.add(people(User.RESELLER, number, "dealer"))
    house.run("accounts.change", customer=house.baker.customer, name="Eins")
    hand_out(scene.clock.now())
    house.run("accounts.set_reseller", customer=house.baker.customer, reseller="")
    house.run("accounts.change", customer=house.baker.customer, name="Zwei")
    scene.turn()
    assert scene.receiver.heard == []


@pytest.mark.django_db
def test_who_is_suspended_is_told_so_and_nothing_of_others(scene: Scene) -> None:
    scene.add(events="verb.performed")
    scene.house.run("subscriptions.suspend", subscription=scene.house.mine)
    scene.house.run("subscriptions.suspend", subscription=scene.house.other)
    scene.turn()
    told = [json.loads(heard.body)["data"] for heard in scene.receiver.heard]
    assert [(each["verb"], each["customer"]) for each in told] == [("subscriptions.suspend", scene.anna.customer_id)]


@pytest.mark.django_db
def test_a_customer_who_goes_takes_all_along(scene: Scene) -> None:
    """No verb removes a customer yet; the tables say what would go with their people."""
    scene.add()
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
    hand_out(scene.clock.now())
    scene.anna.delete()
    scene.turn()
    assert not Webhook.objects.exists() and not Delivery.objects.exists() and scene.receiver.heard == []


@pytest.mark.django_db
def test_everybody_for_themselves(scene: Scene) -> None:
    """A colleague, another customer's owner: neither sees, changes, tests nor removes it, nor adds one in somebody's name."""
    webhook = scene.add()
    scene.house.run("webhooks.test", webhook=webhook.pk)
    delivery = scene.sent()
    colleague, stranger = (
        people(User.MEMBER, scene.anna.customer_id, "otto"),
        people(User.MEMBER, scene.house.gardener.customer, "fremd"),
    )
    for other in map(actor_of, (colleague, stranger)):
        assert read(other, "webhooks").rows == read(other, "webhook_deliveries").rows == ()
        for verb in ("remove", "test", "rotate_secret", "change"):
            with pytest.raises(ActionRefused, match="no such object"):
                perform(other, f"webhooks.{verb}", {"webhook": webhook.pk})
        with pytest.raises(ActionRefused, match="no such object"):
            perform(other, "webhooks.send_again", {"delivery": delivery.pk})
        with pytest.raises(ActionRefused):
            perform(other, "webhooks.add", {"user": scene.anna.pk, "url": "https://evil.example/"})
    assert len(read(actor_of(scene.anna), "webhooks").rows) == 1
    assert "whsec_" not in str(read(actor_of(scene.anna), "webhooks").rows)


@pytest.mark.django_db
def test_nobody_is_flooded_by_the_button_for_tests(scene: Scene) -> None:
    webhook = scene.add()
    for _ in range(30):
        scene.house.run("webhooks.test", webhook=webhook.pk)
    with pytest.raises(ActionRefused, match="often enough"):
        scene.house.run("webhooks.test", webhook=webhook.pk)


@pytest.mark.django_db
def test_there_is_an_end_of_webhooks(scene: Scene) -> None:
    for nth in range(20):
        scene.add(url=f"https://haken-{nth}.example/")
    with pytest.raises(ActionRefused, match="20 webhooks at most"):
        scene.add()


def test_receivers_are_what_they_seem(tmp_path: Path) -> None:
    """The tests above would pass by hearing nothing: this one hears."""
    with receiving(tmp_path) as found:
        assert isinstance(found, Receiver) and ask(found.url, found.door()).good and len(found.heard) == 1
