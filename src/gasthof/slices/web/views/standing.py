"""What a page of websites is about, for who may know it."""

from gasthof.kernel.permissions import Place
from gasthof.slices.domains.queries import Domain
from gasthof.slices.subscriptions.queries import Subscription, seen_subscription
from gasthof.slices.web.models import Site
from gasthof.ui.request import PanelRequest
from gasthof.ui.standing import known, permit, reached, seen


def subscription_for(request: PanelRequest, name: str) -> Subscription:
    """By its system name; also for who may know a domain in it only. Raises Http404."""
    found = seen_subscription(name)
    if found and seen(request.actor, "domains", Place(subscription=found.number)).exists():
        return found
    return reached(request.actor, found, "subscriptions.read")


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
