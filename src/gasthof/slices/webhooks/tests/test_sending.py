"""Deliveries to a real receiver: signed, tried again, given up; and nobody waits for somebody slow."""

import json
import socket
import threading
import time
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError
from tests.people import operator
from tests.receivers import HOST, receiving

from gasthof.kernel.models import AuditEntry
from gasthof.slices.access.models import OutgoingMail
from gasthof.slices.webhooks import rules, sending
from gasthof.slices.webhooks.models import Delivery, Webhook
from gasthof.slices.webhooks.posting import Answer
from gasthof.slices.webhooks.sending import Sending
from gasthof.slices.webhooks.tests.conftest import Scene


def test_what_arrives_is_signed_and_says_what_was_done(scene: Scene) -> None:
    """By an implementation that is not ours."""
    scene.add()
    scene.house.run("domains.add", scene.house.baker, subscription=scene.house.mine, name="grüße.test")
    scene.turn()
    (heard,) = scene.receiver.heard
    told = Verifier(scene.secret).verify(heard.body, heard.headers)
    assert told["type"] == "verb.performed" and told["data"]["verb"] == "domains.add"
    assert told["data"]["fields"]["name"] == "grüße.test" and told["data"]["customer"] == scene.anna.customer_id
    assert (heard.path, heard.sni, heard.headers["host"]) == ("/haken", HOST, f"{HOST}:{scene.receiver.port}")
    assert heard.headers["content-type"] == "application/json" and heard.headers["webhook-id"] == scene.sent().uid
    assert scene.sent().state == Delivery.DELIVERED and scene.sent().status == 204
    with pytest.raises(WebhookVerificationError):
        Verifier("whsec_" + "A" * 43 + "=").verify(heard.body, heard.headers)


def test_secrets_of_fields_are_never_sent(scene: Scene) -> None:
    scene.add()
    house = scene.house
    house.run("databases.create", subscription=house.mine, server="mariadb", name="shop")
    house.run("databases.add_user", database=f"mariadb/{house.mine}_shop", name="kasse", password="Sehr geheim 1")
    scene.turn()
    assert len(scene.receiver.heard) == 2
    assert all(b"Sehr geheim" not in heard.body for heard in scene.receiver.heard)


def test_a_replaced_secret_signs_along_for_a_day(scene: Scene) -> None:
    webhook, first = scene.add(), scene.secret
    second = str(scene.house.run("webhooks.rotate_secret", webhook=webhook.pk).result["secret"])
    Delivery.objects.all().delete()
    scene.house.run("webhooks.test", webhook=webhook.pk)
    scene.turn()
    heard = scene.receiver.heard[-1]
    for secret in (first, second):
        assert Verifier(secret).verify(heard.body, heard.headers)["type"] in ("test", "verb.performed")
    webhook.refresh_from_db()
    assert len(sending.keys(webhook, scene.clock.now())) == 2
    scene.clock.go(hours=25)
    assert sending.keys(webhook, scene.clock.now()) == [second]


def test_the_secret_lies_open_nowhere(scene: Scene) -> None:
    webhook = scene.add()
    webhook.refresh_from_db()
    kept = f"{vars(webhook)}{[vars(entry) for entry in AuditEntry.objects.all()]}"
    assert scene.secret.startswith("whsec_") and scene.secret.removeprefix("whsec_") not in kept


def test_it_is_tried_again_under_the_same_id_later_and_later(scene: Scene) -> None:
    scene.add()
    scene.receiver.status = 503
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Bäckerei Groß")
    for attempt in range(1, 4):
        scene.turn()
        assert len(scene.receiver.heard) == attempt
        row = scene.sent()
        assert (row.state, row.attempts, row.status) == (Delivery.QUEUED, attempt, 503)
        wait = rules.until_next_attempt(attempt, 0.5)
        assert wait and row.due == scene.clock.now() + wait
        scene.turn()
        assert len(scene.receiver.heard) == attempt, "too early"
        scene.clock.at = row.due
    scene.receiver.status = 200
    scene.turn()
    assert {heard.headers["webhook-id"] for heard in scene.receiver.heard} == {scene.sent().uid}
    assert len({heard.headers["webhook-signature"] for heard in scene.receiver.heard}) > 1
    assert scene.sent().state == Delivery.DELIVERED


def fail_for_good(scene: Scene) -> Delivery:
    row = scene.sent()
    for _ in range(rules.ATTEMPTS):
        scene.turn()
        row.refresh_from_db()
        scene.clock.at = max(row.due, scene.clock.at)
    return row


def test_after_three_days_it_is_switched_off_and_its_person_is_told(scene: Scene) -> None:
    webhook = scene.add()
    scene.receiver.status = 500
    before = scene.clock.now()
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Bäckerei Groß")
    scene.turn()
    row = fail_for_good(scene)
    webhook.refresh_from_db()
    assert (row.state, row.attempts) == (Delivery.FAILED, rules.ATTEMPTS)
    assert (webhook.active, webhook.off_because) == (False, Webhook.NO_ANSWER)
    assert timedelta(days=2.5) < scene.clock.now() - before < timedelta(days=3.5)
    mail = OutgoingMail.objects.get(user=scene.anna)
    assert mail.subject == "A webhook was switched off"
    noted = AuditEntry.objects.filter(verb="webhooks.switch").latest("pk")
    assert (noted.actor, noted.outcome, noted.customer) == ("system", "done", scene.anna.customer_id)


def test_one_event_that_is_never_taken_stops_nothing_else(scene: Scene) -> None:
    """Others arrived meanwhile."""
    webhook = scene.add()
    scene.receiver.status = 500
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Bäckerei Groß")
    scene.turn()
    Webhook.objects.update(last_success=scene.clock.now())
    assert fail_for_good(scene).state == Delivery.FAILED
    webhook.refresh_from_db()
    assert webhook.active and not OutgoingMail.objects.exists()


def test_a_receiver_that_is_gone_is_asked_once(scene: Scene) -> None:
    webhook = scene.add()
    scene.receiver.status = 410
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Bäckerei Groß")
    scene.turn()
    webhook.refresh_from_db()
    assert (webhook.active, webhook.off_because, scene.sent().state) == (False, Webhook.GONE, Delivery.FAILED)


def test_a_test_is_sent_once_and_also_while_switched_off(scene: Scene) -> None:
    webhook = scene.add()
    scene.house.run("webhooks.switch", webhook=webhook.pk, on="no")
    scene.receiver.status = 500
    scene.house.run("webhooks.test", webhook=webhook.pk)
    scene.turn()
    assert [json.loads(heard.body)["type"] for heard in scene.receiver.heard] == ["test"]
    assert (scene.sent().state, scene.sent().words) == (Delivery.FAILED, "The server did not take it.")
    scene.receiver.status = 200
    scene.house.run("webhooks.send_again", delivery=scene.sent().pk)
    scene.turn()
    assert scene.sent().state == Delivery.DELIVERED
    assert len({heard.headers["webhook-id"] for heard in scene.receiver.heard}) == 1


def test_what_happens_while_it_is_off_is_not_told_later(scene: Scene) -> None:
    webhook = scene.add()
    scene.receiver.status = 500
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
    scene.turn()
    scene.house.run("webhooks.switch", webhook=webhook.pk, on="no")
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Zwei")
    scene.clock.go(days=1)
    scene.turn()
    assert len(scene.receiver.heard) == 1
    scene.receiver.status = 200
    scene.house.run("webhooks.switch", webhook=webhook.pk, on="yes")
    scene.clock.go(days=1)
    scene.turn()
    scene.turn()
    told = [json.loads(heard.body)["data"]["fields"].get("name") for heard in scene.receiver.heard]
    assert told.count("Eins") == 2 and "Zwei" not in told


def test_one_who_is_slow_holds_up_nobody_else(scene: Scene) -> None:
    """Twenty events for a receiver that never answers, one for another."""
    stuck = threading.Event()
    slow, quick = scene.add(), scene.add(operator(), url=f"https://quick.test:{scene.receiver.port}/")
    begun, passed = Delivery.objects.none(), []

    def post(url: str, headers: dict[str, str], body: bytes, door: object) -> Answer:
        if "quick" not in url:
            stuck.wait(30)
        passed.append(url)
        return Answer(200)

    now = scene.clock.now()
    for webhook, number in ((slow, 20), (quick, 1)):
        for nth in range(number):
            Delivery.objects.create(
                webhook=webhook, uid=f"msg_{webhook.pk}_{nth}", event="test", body="{}", created=now, due=now
            )
    slowly = Sending(post, scene.clock)
    slowly.turn(scene.receiver.door(), 5)
    begun = [each.webhook_id for each in slowly.under_way.values()]
    assert passed == [quick.url] and begun == [slow.pk] * sending.OF_ONE_WEBHOOK
    slowly.turn(scene.receiver.door(), 0)
    assert len(slowly.under_way) == sending.OF_ONE_WEBHOOK
    stuck.set()
    slowly.finish(10)
    assert not slowly.under_way


def test_an_answer_for_what_was_removed_meanwhile(scene: Scene) -> None:
    webhook = scene.add()
    scene.house.run("webhooks.test", webhook=webhook.pk)
    row = scene.sent()
    scene.house.run("webhooks.remove", webhook=webhook.pk)
    sending.record(row, Answer(200), scene.clock.now(), 0.5)
    assert not Delivery.objects.exists()


def test_a_name_that_leads_nowhere_and_a_port_without_a_listener(scene: Scene) -> None:
    scene.add(url="https://nirgends.test:1024/")
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
    scene.turn()
    assert (scene.sent().words, scene.sent().status) == ("The server does not answer.", None)


def dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


@pytest.mark.long
def test_whoever_drips_is_cut_off(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gasthof.slices.webhooks.posting.WHOLE", 1.0)
    scene.receiver.answer = dripping
    scene.add()
    scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
    before = time.monotonic()
    scene.turn()
    assert time.monotonic() - before < 3 and scene.sent().words == "The server took too long."


def test_a_certificate_of_another_name_is_refused(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    with receiving(tmp_path_factory.mktemp("other"), authority=scene.receiver.authority, name="anders.test") as other:
        scene.add(url=other.url)
        scene.house.run("accounts.change", customer=scene.anna.customer_id, name="Eins")
        scene.turn()
        assert other.heard == [] and scene.sent().words == "The connection is not secure."
        assert "mismatch" in scene.sent().excerpt
