"""What a service's page leads to: the proforma invoice by which it is renewed."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gasthof.kernel import registry
from gasthof.kernel.capability import Door
from gasthof.kernel.permissions import Actor, allowed
from gasthof.slices.billing.queries import READ, Proforma
from gasthof.slices.lifecycle.queries import Service
from gasthof.slices.renewals.models import Asked


def service_doors(actor: Actor, service: Service) -> list[Door]:
    """Hook. Nothing while nothing is asked for, or for who may not see invoices."""
    if service.ended is not None or not allowed(actor, READ, service.customer.place, registry.grants()):
        return []
    asked = Asked.objects.filter(service=service, standing=True, proforma__state=Proforma.OPEN).order_by("-pk").first()
    if asked is None:
        return []
    title = _("Pay proforma invoice %(number)s") % {"number": asked.proforma_id}
    return [Door(title, reverse("billing:proforma", args=[asked.proforma_id]), "receipt", primary=True)]
