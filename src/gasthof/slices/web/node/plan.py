"""From specs and facts to plans, for websites, PHP pools and nginx itself. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gasthof.agent.sdk.steps import (
    Ask,
    Change,
    CustomerDirectory,
    CustomerFile,
    LocalAuthority,
    LocalCertificate,
    MakeDirectory,
    Plan,
    Prepare,
    Reload,
    RemoveCustomerTree,
    RemoveTree,
    RunTool,
    ScratchTree,
    WriteFile,
)
from gasthof.agent.sdk.want import Draft
from gasthof.prefix import WEB_USER, Prefix
from gasthof.slices.web.node.document import digest_of, documents, fallback_tls, host_path, tls_directory
from gasthof.slices.web.node.nginx import check_command, configuration_digest, nginx_files
from gasthof.slices.web.node.pool import conf_path, json_path, pool_files
from gasthof.slices.web.node.starter import page
from gasthof.slices.web.spec import PoolSpec, SiteSpec

if TYPE_CHECKING:
    from gasthof.slices.web.node.facts import BaseFacts, NginxFacts, PoolFacts, SiteFacts

FALLBACK = ("fallback.invalid",)  # RFC 2606: nobody's name


def site(prefix: Prefix, key: str, spec: SiteSpec | None, facts: "SiteFacts") -> Plan:
    """ValueError for a spec that nginx could not be told."""
    if spec is None:
        return _site_removal(prefix, key, facts)
    if spec.name != key or spec.uid < prefix.uid_base:
        raise ValueError(f"{key}: told of {spec.name} with uid {spec.uid}")
    made = documents(prefix, spec)
    draft = Draft(facts.places)
    _site_folders(prefix, spec, draft)
    for host, content in made.items():
        draft.file(WriteFile(host_path(prefix, host), content, 0o640, "root", WEB_USER))
    left = _own_hosts(facts, key, made)
    for host in left:
        draft.gone(host_path(prefix, host))
    draft.certificate(LocalCertificate(tls_directory(prefix, spec.name), spec.hosts, WEB_USER), facts.certificate)
    return Plan(
        prepare=(*_content(prefix, spec, facts), *draft.prepare),
        change=tuple(draft.change),
        check=tuple(Ask("nginx", "check", f"{path}.new") for path in _written(draft.change)),
        after=_tell({host: digest_of(content) for host, content in made.items()} | dict.fromkeys(left, "")),
        notes=draft.notes,
    )


def _content(prefix: Prefix, spec: SiteSpec, facts: "SiteFacts") -> tuple[Prepare, ...]:
    """The document root, as the customer; a first page only for a site that was never served. Suspended, it needs neither."""
    home = prefix.home(spec.subscription)
    served = spec.name in facts.owners.values()
    steps: list[Prepare] = []
    if spec.suspended and served:
        return ()
    if facts.docroot == "missing":
        steps.append(CustomerDirectory(home, spec.docroot, spec.uid))
    if facts.docroot in ("missing", "empty") and not served:
        steps.append(CustomerFile(home, f"{spec.docroot}/index.html", spec.uid, page(spec.name)))
    return tuple(steps)


def _site_folders(prefix: Prefix, spec: SiteSpec, draft: Draft) -> None:
    tls = tls_directory(prefix, spec.name)
    parents = dict.fromkeys(host_path(prefix, host).parent for host in spec.hosts)
    for path in (*parents, tls.parent, tls):
        draft.directory(MakeDirectory(path, 0o750, "root", WEB_USER))


def _own_hosts(facts: "SiteFacts", key: str, wanted: Iterable[str]) -> list[str]:
    """Hosts whose documents are this site's, or nobody's, and should not be; also those whose removal was broken off."""
    return [host for host, owner in facts.owners.items() if owner in (key, "") and host not in wanted]


def _site_removal(prefix: Prefix, key: str, facts: "SiteFacts") -> Plan:
    draft = Draft(facts.places)
    left = _own_hosts(facts, key, ())
    for host in left:
        draft.gone(host_path(prefix, host))
    tls = tls_directory(prefix, key)
    there = facts.places[tls].what != "missing"
    return Plan(
        change=tuple(draft.change),
        after=_tell(dict.fromkeys(left, "")),
        clean=(*([RemoveTree(tls)] if there else []), *_doomed(prefix, facts)),
        notes=draft.notes,
    )


def _doomed(prefix: Prefix, facts: "SiteFacts") -> tuple[RemoveCustomerTree, ...]:
    """The document root, unless another site's is the same, above or below."""
    spec = facts.doomed
    if not spec or any(_nested(spec.docroot, other) for other in facts.kept):
        return ()
    home = prefix.home(spec.subscription)
    if "/" in spec.docroot:
        return (RemoveCustomerTree(home, spec.docroot, spec.uid),)
    return (RemoveCustomerTree(home / spec.docroot, "", spec.uid),)  # its own name is root's


def _nested(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _written(changes: Iterable[Change]) -> list[Path]:
    return [step.path for step in changes if isinstance(step, WriteFile)]


def _tell(expected: dict[str, str]) -> tuple[Ask, ...]:
    return tuple(Ask("nginx", "tell", host, expect=digest) for host, digest in expected.items())


def pool(prefix: Prefix, key: str, spec: PoolSpec | None, facts: "PoolFacts") -> Plan:
    """ValueError for a spec that php-fpm could misread."""
    draft = Draft(facts.places)
    if spec is None:
        for path in (json_path(prefix, key), conf_path(prefix, key)):
            draft.gone(path)
        return Plan(change=tuple(draft.change), after=(Ask("activator", "drop", key),), notes=draft.notes)
    if f"{spec.version}/{spec.subscription}" != key or spec.uid < prefix.uid_base:
        raise ValueError(f"{key}: told of {spec.version}/{spec.subscription} with uid {spec.uid}")
    draft.directory(MakeDirectory(conf_path(prefix, key).parent, 0o711))
    for path, content in pool_files(prefix, spec).items():
        draft.file(WriteFile(path, content, 0o644))
    changed = (Ask("activator", "restart", key),) if draft.change else ()
    return Plan(
        prepare=tuple(draft.prepare),
        change=tuple(draft.change),
        after=(Ask("activator", "ensure", key), *changed),
        notes=draft.notes,
    )


def base(prefix: Prefix, facts: "BaseFacts") -> Plan:
    """Folders of the web part, the local authority, the fallback certificate."""
    web, php, fallback = prefix.state / "web", prefix.state / "php", fallback_tls(prefix)
    draft = Draft(facts.places)
    draft.directory(MakeDirectory(prefix.ca_key.parent, 0o700))
    for path in (web, web / "hosts", web / "tls", fallback):
        draft.directory(MakeDirectory(path, 0o750, "root", WEB_USER))
    for path in (php, php / "pools"):
        draft.directory(MakeDirectory(path, 0o711))
    if not facts.authority:
        draft.prepare.append(LocalAuthority(prefix.ca_key, prefix.ca_certificate))
        draft.notes[str(prefix.ca_certificate)] = "no usable authority"
    given_out = facts.fallback if facts.authority else replace(facts.fallback, current=False)
    draft.certificate(LocalCertificate(fallback, FALLBACK, WEB_USER), given_out)
    return Plan(prepare=tuple(draft.prepare), notes=draft.notes, wanted=draft.wanted)


def nginx(prefix: Prefix, facts: "NginxFacts") -> Plan:
    """nginx's own configuration: tried out as a whole, swapped, loaded, and confirmed by a worker that runs with it."""
    rendered = nginx_files(prefix)
    web = prefix.state / "web"
    draft = Draft(facts.places)
    for folder in nginx_folders(web, rendered):
        draft.directory(MakeDirectory(folder, 0o750, "root", WEB_USER))
    for name, content in sorted(rendered.items(), key=lambda file: file[0] == "nginx.conf"):  # last: see nginx.py
        draft.file(WriteFile(web / name, content, 0o640, "root", WEB_USER))
    for path in facts.extra:
        draft.gone(path)
    digest = configuration_digest(rendered)
    stale = facts.running and facts.loaded != digest
    trial = trial_folder(prefix)
    if not draft.change:
        left = (RemoveTree(trial),) if facts.places[trial].what != "missing" else ()
        return Plan(
            tuple(draft.prepare), (), (), *_load(digest, stale), clean=left, notes=draft.notes, wanted=draft.wanted
        )
    return Plan(
        (*draft.prepare, ScratchTree(trial, rendered)),
        tuple(draft.change),
        (RunTool("nginx", tuple(check_command(prefix, str(trial))[1:])),),
        *_load(digest, facts.running),
        clean=(RemoveTree(trial),),
        notes=draft.notes,
        wanted=draft.wanted,
    )


def trial_folder(prefix: Prefix) -> Path:
    """Where a configuration is tried out; one that is there already was left by a kill or a refusal."""
    return prefix.state / "web-trial"


def nginx_folders(web: Path, names: Iterable[str]) -> list[Path]:
    """Every folder that these files need below node/web, the outer ones first."""
    found = {parent for name in names for parent in Path(name).parents if parent.name}
    return [web, *(web / path for path in sorted(found))]


def _load(digest: str, wanted: bool) -> tuple[tuple[Reload, ...], tuple[Ask, ...]]:
    return ((Reload("nginx"),), (Ask("nginx", "configuration", digest, expect=digest),)) if wanted else ((), ())
