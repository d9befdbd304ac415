"""Facts of services change here, and at once what follows from them: phase, event and outbox, in the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import F
from django.db.models.functions import Greatest

from gasthof.kernel.refusal import Refused
from gasthof.kernel.values import DomainName
from gasthof.slices.accounts.queries import Customer
from gasthof.slices.lifecycle import included, rollout, settling
from gasthof.slices.lifecycle.models import Event, Hold, PolicyVersion, Service, Termination, Work
from gasthof.slices.lifecycle.policies import of_version
from gasthof.slices.lifecycle.rules import facts
from gasthof.slices.lifecycle.rules.policy import RENEW
from gasthof.slices.lifecycle.sweeping import today

RENEWED_ELSEWHERE = ("domain",)  # whose registry has to be asked, too


def begin(
    customer: Customer, type_: str, name: str, now: datetime, *, version: PolicyVersion, tld: str = "",
    first_unpaid: date | None = None, parent: Service | None = None, subscription: int | None = None, server_class: str = "",
) -> Service:  # fmt: skip
    """A new service, pinned to that version; what is included in it begins with it."""
    if parent is not None and parent.customer_id != customer.number:
        raise Refused("A service and the one it belongs to have the same customer.")
    made = Service.objects.create(
        customer=customer, type=type_, name=name, unicode=spelled(name), tld=tld, policy=version, entry=of_version(version.number).of(type_, tld).key,
        first_unpaid=first_unpaid, parent=parent, subscription_id=subscription, created=now, server_class=server_class,
    )  # fmt: skip
    follow([made.pk], now)
    holds = included.of_service(made)
    if holds is not None:
        included.adopt(holds, now)
    return made


def spelled(name: str) -> str:
    """With umlauts, where it is a domain's name."""
    try:
        return DomainName.parse(name).unicode
    except Refused:
        return name


def paid_until(service: Service, first_unpaid: date, now: datetime) -> bool:
    """Paid: from that day on it is not. Never earlier than before; False for what has ended, which no payment brings back.
    Paid twice for the same day it is paid once."""
    over = rollout.at_renewal(service, first_unpaid, now)
    open_ = Service.objects.filter(pk=service.pk, ended=None).exclude(first_unpaid__gte=first_unpaid)
    if not open_.update(first_unpaid=Greatest(F("first_unpaid"), first_unpaid), noticed=None, spared=0):
        return not Service.objects.filter(pk=service.pk).exclude(ended=None).exists()
    note(service, "paid", first_unpaid.isoformat(), now)
    if over:
        rollout.pin(service, over, now)
    follow([service.pk], now)
    if over:
        rollout.bring_along([service.pk], over, now)
    if service.type in RENEWED_ELSEWHERE:
        revision = Service.objects.values_list("revision", flat=True).get(pk=service.pk)
        Work.objects.create(service=service, revision=revision, action=RENEW, target=first_unpaid.isoformat(), at=now)
    return True


def paid_back(service: Service, first_unpaid: date, now: datetime) -> bool:
    """What was paid for the time from that day on was given back. Only where the end is wished for by then, so that nothing comes earlier."""
    paid = Service.objects.filter(pk=service.pk, first_unpaid__gt=first_unpaid, ends_on__lte=first_unpaid)
    if not paid.update(first_unpaid=first_unpaid):
        return False
    note(service, "paid_back", first_unpaid.isoformat(), now)
    follow([service.pk], now)
    return True


def notice_delivered(service: Service, day: date, now: datetime) -> None:
    """The notice of deletion. The first one counts, since the last thing that kept it: a reminder makes nothing later."""
    if Service.objects.filter(pk=service.pk, noticed=None, ended=None).update(noticed=day):
        note(service, "noticed", day.isoformat(), now)
        follow([service.pk], now)


def put_hold(service: Service, hold: facts.Hold, now: datetime) -> Hold:
    made = Hold.objects.create(service=service, put=now, **vars(hold))
    note(service, "hold", hold.kind, now)
    follow([service.pk], now)
    return made


def lift_hold(hold: Hold, now: datetime) -> None:
    """That one and no other. What was kept for it is to be told of its deletion anew: the day that was named may be long past."""
    if Hold.objects.filter(pk=hold.pk, lifted=None).update(lifted=now):
        if hold.kind in facts.KEEPS:
            Service.objects.filter(pk=hold.service_id, ended=None).update(noticed=None)
        note(hold.service, "lifted", hold.kind, now)
        follow([hold.service_id], now)


def terminate(service: Service, wish: facts.Termination, now: datetime) -> Termination:
    """Raises Refused for what has ended, or while another wish stands."""
    if service.terminations.filter(revoked=None).exists():
        raise Refused("There is a termination of this service already.")
    if Service.objects.filter(pk=service.pk).exclude(ended=None).exists():
        raise Refused("This service has ended already.")
    made = Termination.objects.create(
        service=service, effective=wish.effective, by=wish.by, authorised=wish.authorised, wished=now
    )
    note(service, "termination", wish.effective.isoformat(), now)
    follow([service.pk], now)
    return made


def revoke(wish: Termination, now: datetime) -> None:
    """Before its day; afterwards it is too late, and nothing happens."""
    open_ = Termination.objects.filter(pk=wish.pk, revoked=None, service__ended=None)
    if open_.update(revoked=now):
        note(wish.service, "revoked", wish.effective.isoformat(), now)
        follow([wish.service_id], now)


def follow(ids: Sequence[int], now: datetime) -> None:
    """What comes of facts that have changed. Nothing ends here: ends are the sweep's, which asks the brake."""
    settling.refresh(list(ids))
    settling.settle(settling.THESE, {"today": today(now), "now": now, "ends": False, "ids": list(ids)})


def note(service: Service, what: str, value: str, now: datetime) -> None:
    """An event of today."""
    revision = Service.objects.values_list("revision", flat=True).get(pk=service.pk)
    Event.objects.create(service=service, revision=revision, what=what, value=value, due=today(now), at=now)
