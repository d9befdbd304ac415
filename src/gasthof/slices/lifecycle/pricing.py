"""What a service's fees are: by its policy, else by what somebody said of it."""

from dataclasses import replace

from gasthof.slices.lifecycle.knowing import policy_of
from gasthof.slices.lifecycle.models import Service
from gasthof.slices.lifecycle.rules.policy import Policy
from gasthof.slices.registrar.queries import Registration, quoted_extra

DOMAIN = "domain"  # the type whose days and fees are its registry’s
REGISTRY_FEE, QUOTED_IN = "registry", "EUR"  # a fee of policies; what registries quote in


def priced(service: Service) -> Policy:
    """Its policy, with the fees that it leaves open as somebody said them: staff, else its registry. An amount of the policy counts more."""
    policy = policy_of(service)
    left_open = open_fees(policy, service)
    if not left_open:
        return policy
    said = _said_fees(service)
    if REGISTRY_FEE in left_open and REGISTRY_FEE not in said:
        said |= _quoted_fee(service, policy)
    known = {key: replace(policy.fees[key], amount=said[key]) for key in left_open if key in said}
    return replace(policy, fees={**policy.fees, **known}) if known else policy


def open_fees(policy: Policy, service: Service) -> set[str]:
    """Fees of its phases without an amount."""
    fees = {phase.fee for phase in policy.of(service.type, service.tld).phases if phase.fee}
    return {key for key in fees if policy.fees[key].amount is None}


def _said_fees(service: Service) -> dict[str, int]:
    """By their keys, since it was paid last: what is paid once may cost something else the next time."""
    found: dict[str, int] = {}
    for event in service.events.filter(what__in=("fee", "paid")).order_by("-pk"):
        if event.what == "paid":
            break
        key, amount, _ = event.value.rsplit(":", 2)
        found.setdefault(key, int(amount))
    return found


def _quoted_fee(service: Service, policy: Policy) -> dict[str, int]:
    """Of a domain name, by its registry."""
    if service.type != DOMAIN or policy.currency != QUOTED_IN:
        return {}
    kept = Registration.objects.filter(name=service.name, customer=service.customer_id)
    row = kept.exclude(state=Registration.GONE).first()
    extra = quoted_extra(row) if row else None
    return {} if extra is None else {REGISTRY_FEE: extra}
