"""What a page of websites is about, for who may know it."""

from gasthof.kernel.permissions import Place
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import Subscription
from gasthof.slices.web.models import Site
from gasthof.ui import menu
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import Head
from gasthof.ui.standing import known, permit, seen, stand, way


def subscription_for(request: PanelRequest, name: str) -> Subscription:
    """By its system name; also for who may know a domain in it only. Raises Http404."""
    digits = name.removeprefix("s")
    number = int(digits) if name != digits and digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    domain = seen(request.actor, "domains", Place(subscription=number)).select_related("subscription__plan").first()
    if domain is not None:
        found: Subscription = domain.subscription
        return found
    found = known(request, "subscriptions", number=number)
    return found


def place_of(subscription: Subscription) -> menu.Place:
    return stand(subscription.place, subscription.customer.name, subscription.system_name)


def subscription_head(request: PanelRequest, subscription: Subscription, title: str) -> Head:
    """Of a page below one of the subscription's."""
    place = place_of(subscription)
    return Head(title, place, way(request.actor, place, "subscription"))


def domain_for(request: PanelRequest, name: str, permission: str) -> Domain:
    """By its A-label. Raises Http404, PermissionDenied."""
    found: Domain = known(request, "domains", name=name)
    permit(request, permission, found.place)
    return found


def site_for(request: PanelRequest, name: str, permission: str = "web.write") -> Site:
    domain = domain_for(request, name, permission)
    site = Site.objects.get(domain=domain)
    site.domain = domain
    return site


def domain_head(request: PanelRequest, domain: Domain, title: str, lead: str = "") -> Head:
    place = stand(domain.place, domain.subscription.customer.name, domain.subscription.system_name)
    return Head(title, place, way(request.actor, place, "domain"), lead=lead)
