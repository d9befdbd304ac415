"""Where a request comes from."""

import ipaddress

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of the socket. On the panel's unix socket the panel's nginx tells it, and replaces what a client claims.

    "0.0.0.0": nobody told it.
    """
    told = request.META.get("REMOTE_ADDR") or request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(told.strip()))
    except ValueError:
        return "0.0.0.0"  # noqa: S104 - nothing listens here
