"""What an operation does: a verb, a page of a list, a look at changes."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from gasthof.api import body, changes, once
from gasthof.api.asking import Asking, asking
from gasthof.api.problems import Problem
from gasthof.kernel.actions import SYSTEM_CLOCKS, perform
from gasthof.kernel.collection import LARGEST_PAGE, collections, read
from gasthof.kernel.parsing import tell
from gasthof.kernel.permissions import Place
from gasthof.kernel.refusal import ActionRefused, FieldError, Refused
from gasthof.kernel.values import DomainName

View = Callable[[HttpRequest], HttpResponse]
PAGE = 50  # rows
ASKED = ("search", "after", "limit", "customer", "subscription", "domain")


def of_verb(verb: str) -> View:
    def view(request: HttpRequest) -> HttpResponse:
        asks, fields = asking(request), body.read(request)
        key = request.headers.get(once.HEADER)
        if key is None:
            return said(_performed(asks, verb, fields))
        one = once.once(asks, key, verb, fields)
        answer, again = once.carry_out(one, SYSTEM_CLOCKS.wall.now(), lambda: _performed(asks, verb, fields))
        return said(answer, **({"Idempotency-Replayed": "true"} if again else {}))

    return view


def of_list(name: str) -> View:
    filters = tuple(collections()[name].filters)

    def view(request: HttpRequest) -> HttpResponse:
        asked = _asked(request, (*ASKED, *filters))
        page = read(
            asking(request).actor, name, search=asked.get("search", ""), after=asked.get("after", ""),
            limit=_limit(asked.get("limit", str(PAGE))), within=_within(asked),
            filters={each: asked[each] for each in filters if each in asked},
        )  # fmt: skip
        following = {**asked, "after": page.after}
        link = {"Link": f'<{request.path}?{urlencode(following)}>; rel="next"'} if page.after else {}
        return said({"items": list(page.rows), "after": page.after or None}, **link)

    return view


def of_changes(request: HttpRequest) -> HttpResponse:
    ticket = _asked(request, ("ticket",)).get("ticket", "")
    return said(changes.followed(asking(request), ticket))


def said(what: Mapping[str, Any], **headers: str) -> HttpResponse:
    return HttpResponse(json.dumps(what, ensure_ascii=False), content_type="application/json", headers=headers)


def _performed(asks: Asking, verb: str, fields: Mapping[str, object]) -> Mapping[str, Any]:
    outcome = perform(asks.actor, verb, fields)
    told, ticket = changes.told(outcome.awaited), changes.ticket(asks, outcome.awaited)
    return {"verb": verb, "result": dict(outcome.result), "told": told, "ticket": ticket}


def _asked(request: HttpRequest, known: tuple[str, ...]) -> dict[str, str]:
    """The query's parameters, each once."""
    errors = [FieldError(name[:80], gettext("There is no such field.")) for name in request.GET if name not in known]
    errors += [
        FieldError(name, gettext("This can be given once only."))
        for name in known
        if len(request.GET.getlist(name)) > 1
    ]
    if errors:
        raise Problem(422, *errors)
    return {name: str(value) for name, value in request.GET.items() if value}


def _limit(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise _refused(
        "limit", Refused("A number from %(lowest)d to %(highest)d is needed.", lowest=1, highest=LARGEST_PAGE)
    )


def _within(asked: Mapping[str, str]) -> Place:
    subscription = asked.get("subscription", "").removeprefix("s")
    return Place(
        customer=_number("customer", asked.get("customer", "")),
        subscription=_number("subscription", subscription),
        domain=_domain(asked["domain"]) if "domain" in asked else None,
    )


def _number(name: str, text: str) -> int | None:
    if text and not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise _refused(name, Refused("A number is needed."))
    return int(text) if text else None


def _domain(text: str) -> str:
    try:
        return DomainName.parse(text).ascii
    except Refused as refusal:
        raise _refused("domain", refusal) from refusal


def _refused(field: str, refusal: Refused) -> ActionRefused:
    return ActionRefused((tell(refusal, field),))
