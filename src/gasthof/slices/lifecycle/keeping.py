"""What is kept of services that have ended, and onto what it comes back (spec L11, L14 to L21)."""

from datetime import date

from django.conf import settings
from django.db.models import QuerySet

from gasthof.kernel.refusal import Refused
from gasthof.slices.lifecycle.knowing import decided, policy_of
from gasthof.slices.lifecycle.models import Event, Service, Work
from gasthof.slices.lifecycle.rules import machines
from gasthof.slices.lifecycle.rules.days import day_of
from gasthof.slices.lifecycle.rules.policy import ACTIVE, IMAGE, RESTORABLE, SERVER_MAIL
from gasthof.slices.subscriptions.queries import Export

SERVERS = ("vps", "aps")  # machines that come back from an image
ON_SERVERS = (*SERVERS, SERVER_MAIL)  # what comes back on one
SUBSERVER = "subserver"  # the type that is a subscription with its parent’s days


def kept(service: Service) -> Export:
    """What was saved of it. Raises Refused: it stands, or nothing is or can be restored of it (spec L14 to L21)."""
    if service.ended is None:
        raise Refused("This service has not ended.").at("service")
    if not policy_of(service).of(service.type, service.tld).archive.days:
        raise Refused("By its policy nothing of it can be restored.").at("service")
    work = Work.objects.filter(service=service).exclude(archive="").order_by("-pk").first()
    own = Export.objects.select_related("customer", "plan", "node").filter(customer=service.customer_id)
    found = own.filter(number=int(work.archive[1:])).first() if work else None
    if found is None:
        raise Refused("Nothing is kept of it any more.").at("service")
    return found


def saved_of(service: Service) -> Export | None:
    """As `kept`; None for what stands in no place of its own, while a subserver of it is kept."""
    placed = Work.objects.filter(service=service).exclude(archive="").exists()
    return None if not placed and kept_subservers(service) else kept(service)


def kept_subservers(service: Service) -> list[Service]:
    """Its subservers of which something was saved and is kept still: each is restored with it, at a fee (spec L11)."""
    found = service.children.filter(type=SUBSERVER).exclude(ended=None).select_related("customer", "parent")
    return [each for each in found.order_by("pk") if _is_kept(each)]


def _is_kept(service: Service) -> bool:
    try:
        kept(service)
    except Refused:
        return False
    return not service.events.filter(what="restored").exists()


def by_image(service: Service) -> bool:
    """Whether it comes back as a whole from its image, onto another server, and in no other way (spec L20, L21)."""
    return IMAGE in policy_of(service).of(service.type, service.tld).archive.keeps


def elsewhere(service: Service) -> bool:
    """Whether another server has to be named on which it comes back."""
    return service.type == SERVER_MAIL or by_image(service)


def check_onto(service: Service, onto: Service | None, on: date) -> None:
    """That a server's image, or mail that was ordered with one, comes back on that server. Raises Refused, at its field."""
    if service.ended is None:
        raise Refused("This service has not ended.").at("service")
    if RESTORABLE not in decided(service, on).capabilities:
        raise Refused("Nothing is kept of it any more.").at("service")
    if onto is None:
        raise Refused("Say on which server it is to come back.").at("onto")
    if onto.customer_id != service.customer_id:
        raise Refused("This service is another customer’s.").at("onto")
    try:
        _check_server(service, onto, on)
    except Refused as error:
        raise error.at("onto") from error


def _check_server(service: Service, onto: Service, on: date) -> None:
    if service.type == SERVER_MAIL:
        machines.check_mail(service.parent.type if service.parent else "", _server(onto))
        return
    machines.check(_server(service), _server(onto), policy_of(onto).of(onto.type, onto.tld).classes, on)


def _server(service: Service) -> machines.Server:
    return machines.Server(
        service.type, service.server_class, day_of(service.created, settings.TIME_ZONE), service.first_unpaid, service.ended,
        works=service.phase == ACTIVE and not service.closed, used=service.events.filter(what="image").exists(),
    )  # fmt: skip


def servers_for(customer: int) -> QuerySet[Service]:
    """Of that customer, onto which an image or mail may go; which of them a restoration may name is said by `check_onto`."""
    return Service.objects.filter(customer=customer, type__in=SERVERS, ended=None).order_by("-pk")


def kept_mail(service: Service, on: date) -> list[Service]:
    """Mail services that were ordered with a server and can come back, each of a domain (spec L20)."""
    ended = service.children.filter(type=SERVER_MAIL).exclude(ended=None).exclude(events__what="restored")
    listed = ended.select_related("customer", "parent").order_by("pk")
    return [each for each in listed if RESTORABLE in decided(each, on).capabilities]


def restored_as(number: int) -> Service:
    """What the service of that number came back as, last."""
    event = Event.objects.filter(service=number, what="restored").order_by("-pk")[:1].get()
    return Service.objects.select_related("customer", "parent").get(pk=int(event.value))
