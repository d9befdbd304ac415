"""Pages of one domain's website: hosting settings, PHP, further names; and subdomains on any directory."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from gasthof.kernel.permissions import Actor
from gasthof.kernel.values import DomainName
from gasthof.slices.nodes.queries import php_versions
from gasthof.slices.web import rules
from gasthof.slices.web.forms import Alias as AliasForm
from gasthof.slices.web.forms import Hosting, Php, Subdomain, initial_settings
from gasthof.slices.web.models import Alias, Site
from gasthof.slices.web.queries import hosts_of
from gasthof.slices.web.views.standing import domain_for, site_for
from gasthof.ui import parts
from gasthof.ui.changes import Undo
from gasthof.ui.lists import Empty
from gasthof.ui.pages import Question, form_page, posted, question_page
from gasthof.ui.performing import After, perform_calls
from gasthof.ui.request import PanelRequest
from gasthof.ui.shell import show
from gasthof.ui.standing import below_domain, may

shown_or_sent = require_http_methods(["GET", "HEAD", "POST"])


def _switch(on: bool) -> str:
    return "yes" if on else "no"


@shown_or_sent
def hosting(request: PanelRequest, domain: str) -> HttpResponse:
    site = site_for(request, domain)
    initial = {"docroot": site.docroot, "preferred": site.preferred or "", "https_redirect": site.https_redirect,
               "front_controller": site.front_controller}  # fmt: skip
    form = Hosting(posted(request), fixed={"domain": domain}, initial=initial)
    names = [(name, DomainName(name).unicode) for name in hosts_of(site)]
    form.fields["preferred"].choices = [("", gettext("none")), *names]  # type: ignore[attr-defined]
    before = {
        **initial,
        "https_redirect": _switch(site.https_redirect),
        "front_controller": _switch(site.front_controller),
    }
    return form_page(
        request, form, below_domain(request, site.domain, gettext("Hosting settings"), lead=site.domain.unicode),
        submit=gettext("Save"), to=reverse("web:hosting", args=[domain]), cancel=reverse("domains:domain", args=[domain]),
        message=gettext("The hosting settings were changed."),
        undo=lambda _: Undo("web.change_site", {"domain": domain, **before}),
    )  # fmt: skip


@shown_or_sent
def php(request: PanelRequest, domain: str) -> HttpResponse:
    site = site_for(request, domain)
    initial = {"php": site.php, "php_version": site.php_version, **initial_settings(site.php_settings)}
    why_not = _without_php(request.actor, site)
    if why_not:
        head = below_domain(request, site.domain, gettext("PHP"), lead=site.domain.unicode)
        return show(request, "web/no_php.html", head, {"empty": why_not})
    form = Php(posted(request), fixed={"domain": domain}, initial=initial)
    form.fields["php_version"].choices = [(each, f"PHP {each}") for each in _versions(site)]  # type: ignore[attr-defined]
    unset = dict.fromkeys(rules.PHP_SETTINGS, "") | site.php_settings
    before = {"domain": domain, "php": _switch(site.php), "php_settings": unset}
    if site.php_version:
        before["php_version"] = site.php_version
    return form_page(
        request, form, below_domain(request, site.domain, gettext("PHP"), lead=site.domain.unicode),
        submit=gettext("Save"), to=reverse("web:php", args=[domain]), cancel=reverse("domains:domain", args=[domain]),
        message=gettext("The PHP settings were changed."), undo=lambda _: Undo("web.change_site", before),
    )  # fmt: skip


def _without_php(actor: Actor, site: Site) -> Empty | None:
    """Why there is nothing to choose from, and what to do. Who has PHP already goes on having it."""
    plan, title = site.domain.subscription.plan, gettext("No PHP here")
    if site.php or (plan.php and _versions(site)):
        return None
    if plan.php:
        return Empty(
            title,
            gettext("The server offers no version of PHP at the moment. Files are handed out as they are."),
            icon="code",
        )
    sentence = gettext(
        "The plan %(plan)s does not include PHP: files are handed out as they are, programs do not run."
    ) % {"plan": plan.name}
    if may(actor, "subscriptions.plans", None):
        return Empty(
            title, sentence, gettext("Change plan"), reverse("subscriptions:change_plan", args=[plan.pk]), "code"
        )
    advice = gettext("Ask your hoster for a plan that does.")
    return Empty(title, f"{sentence} {advice}", icon="code")


def _versions(site: Site) -> list[str]:
    """Those of the node, the newest first, and the one chosen, which may have left it."""
    offered = {*php_versions(site.domain.subscription.node), site.php_version} - {""}
    return sorted(offered, key=rules.version_order, reverse=True)


@require_safe
def aliases(request: PanelRequest, domain: str) -> HttpResponse:
    """They are few: the plan limits them."""
    site = site_for(request, domain, "web.read")
    rows = list(Alias.objects.filter(site=site).order_by("name"))
    www = rules.www_name(site.domain.name)
    own = sum(row.name != www for row in rows)
    context = {
        "domain": site.domain,
        "names": [(row, DomainName(row.name).unicode) for row in rows],
        "quota": parts.Quota(own, site.domain.subscription.plan.aliases, "count", gettext("Further names")),
        "writes": may(request.actor, "web.write", site.domain.place),
    }
    head = below_domain(request, site.domain, gettext("Further names"), lead=site.domain.unicode)
    return show(request, "web/aliases.html", head, context)


@shown_or_sent
def add_alias(request: PanelRequest, domain: str) -> HttpResponse:
    site = site_for(request, domain)
    back = reverse("web:aliases", args=[domain])
    return form_page(
        request, AliasForm(posted(request), fixed={"domain": domain}),
        below_domain(request, site.domain, gettext("Add a further name"), lead=site.domain.unicode),
        submit=gettext("Add name"), to=back, cancel=back, message=gettext("The website answers to the new name, too."),
    )  # fmt: skip


@shown_or_sent
def remove_alias(request: PanelRequest, domain: str, alias: int) -> HttpResponse:
    site = site_for(request, domain)
    row = Alias.objects.filter(site=site, pk=alias).first()
    if row is None:
        raise Http404
    name, back = DomainName(row.name).unicode, reverse("web:aliases", args=[domain])
    question = Question(
        gettext("The website does not answer to this name any more, and its address leaves the DNS."), gettext("Remove name")
    )  # fmt: skip
    return question_page(
        request, "web.remove_alias", {"domain": domain, "name": row.name},
        below_domain(request, site.domain, gettext("Remove %(name)s?") % {"name": name}), question, to=back, cancel=back,
        message=gettext("%(name)s was removed.") % {"name": name},
        undo=lambda _: Undo("web.add_alias", {"domain": domain, "name": row.name}),
    )  # fmt: skip


@shown_or_sent
def subdomain(request: PanelRequest, domain: str) -> HttpResponse:
    """A name below one's own that shows a directory of one's choice."""
    parent = domain_for(request, domain, "domains.write")
    name = parent.subscription.system_name
    back = reverse("web:websites", args=[name])
    form = Subdomain(parent.unicode, posted(request), {"subscription": name})
    if form.is_bound and not form.errors:
        whole = f"{form.typed('name')}.{parent.unicode}"
        calls: list[tuple[str, dict[str, object]]] = [
            ("domains.add", {"subscription": name, "name": whole}),
            ("web.change_site", {"domain": whole, "docroot": form.typed("docroot")}),
        ]
        if may(request.actor, "mail.write", parent.place):  # a subdomain shows a website; its mail can be switched on
            calls.append(("mail.switch", {"domain": whole, "active": "no"}))
        answer = perform_calls(request, form, calls, After(back, gettext("%(name)s was added.") % {"name": whole}))
        if answer:
            return answer
    context = {"form": form, "submit": gettext("Add subdomain"), "cancel": back}
    return show(
        request,
        "ui/form_page.html",
        below_domain(request, parent, gettext("Add subdomain")),
        context,
        status=form.status,
    )
