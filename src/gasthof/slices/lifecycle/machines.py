"""Virtual and application servers, and what was ordered with them (spec L20, L21): how they come back, and what becomes of licences.

No machine is driven from here yet: what is to be done to it is recorded as work.
"""

from datetime import date, datetime

from gasthof.kernel.call import Call
from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle import changing, policies
from gasthof.slices.lifecycle.keeping import by_image, check_onto, kept_mail
from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Service, Work
from gasthof.slices.lifecycle.rules.policy import BACK, BUY_LICENCE, RELEASE_LICENCE, SERVER_MAIL
from gasthof.slices.lifecycle.sweeping import today

RECORDED = (BACK, RELEASE_LICENCE, BUY_LICENCE)
WITH = "vps"  # what mail services and backup storage are ordered with


def check_class(type_: str, server_class: str, now: datetime) -> None:
    """That the policy in force knows it. Raises Refused."""
    classes = policies.of_version(policies.current(now).number).entries[type_].classes
    if server_class not in classes:
        raise Refused("There is no such class: %(classes)s.", classes=", ".join(classes) or "–").at("server_class")


def check_ordered(customer: int, type_: str, first_unpaid: date | None, parent: Service | None, now: datetime) -> None:
    """Of mail services and backup storage, which are paid with their server. Raises Refused, at the field."""
    if type_ not in policies.of_version(policies.current(now).number).entries:
        raise Refused("The policy in force says nothing of it yet.").at("type")
    if parent is None or parent.type != WITH:
        raise Refused("Say with which virtual server it was ordered.").at("parent")
    if parent.customer_id != customer:
        raise Refused("This service is another customer’s.").at("parent")
    if parent.ended is not None:
        raise Refused("This service has ended already.").at("parent")
    if first_unpaid is not None:
        raise Refused("It is paid with its server, and has no day of its own.").at("first_unpaid")


def restore(call: Call, service: Service, onto: Service | None, *, mail: bool = False) -> Service:
    """The server that has come back, which is the new one; or the mail service below it. `mail`: of the server's domains, too."""
    now = call.clocks.business.now()
    check_onto(service, onto, today(now))
    assert onto is not None  # check_onto
    if not by_image(service):
        return _mail(service, onto, now)
    mails = kept_mail(service, today(now)) if mail else []
    _record(onto, BACK, f"image of service {service.pk}", now)
    changing.note(onto, "image", str(service.pk), now)
    changing.note(service, "restored", str(onto.pk), now)
    for each in mails:
        _mail(each, onto, now)
    return onto


def _mail(service: Service, onto: Service, now: datetime) -> Service:
    """Of one domain."""
    alike = Service.objects.filter(customer=service.customer, type=SERVER_MAIL, name=service.name, ended=None)
    if alike.exists():
        raise Refused("There is a service of this name again already.").at("service")
    fresh = changing.begin(service.customer, SERVER_MAIL, service.name, now, version=policies.current(now), parent=onto)
    _record(fresh, BACK, f"mail of service {service.pk}", now)
    changing.note(service, "restored", str(fresh.pk), now)
    return fresh


def release_licence(work: Work, now: datetime) -> None:
    """With the end that is done, in its transaction."""
    if _licensed(work.service):
        _record(work.service, RELEASE_LICENCE, work.service.type, now)


def buy_licence(former: Service, fresh: Service, now: datetime) -> None:
    """Of what was given back with the former one."""
    if _licensed(former):
        _record(fresh, BUY_LICENCE, fresh.type, now)


def _licensed(service: Service) -> bool:
    return policy_of(service).of(service.type, service.tld).licence_released


def _record(service: Service, action: str, target: str, now: datetime) -> None:
    """Once for each revision, as the sweep does."""
    service.refresh_from_db(fields=["revision"])
    Work.objects.get_or_create(
        service=service, revision=service.revision, action=action, target=target, defaults={"at": now}
    )
