"""Forms of zones: one fit for each type of record, whose parts become the one line that verbs take."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from gasthof.kernel.refusal import FieldError
from gasthof.slices.dns.rules.contents import WORD
from gasthof.ui.fields import Number, StrOrPromise, Switch, Text
from gasthof.ui.forms import VerbForm


@dataclass(frozen=True)
class Part:
    """One word of a record's data."""

    name: str
    label: StrOrPromise
    help: StrOrPromise = ""
    first: str = ""  # what a new record begins with
    choices: tuple[tuple[str, StrOrPromise], ...] = ()
    quoted: bool = False  # a text, in quotation marks
    long: bool = False  # all that is left of the line


PRIORITY = Part("priority", _("Priority"), _("The lowest number is tried first."), "10")
TARGET = _("A whole name, such as mail.example.net; @ for the domain itself.")
HEX = _("Hexadecimal digits.")
ALGORITHMS = (("13", "13 ECDSA P-256"), ("8", "8 RSA/SHA-256"), ("15", "15 Ed25519"), ("14", "14 ECDSA P-384"), ("16", "16 Ed448"),
              ("10", "10 RSA/SHA-512"), ("5", "5 RSA/SHA-1"), ("7", "7 RSA/SHA-1 NSEC3"))  # fmt: skip
BINDING = (
    Part("priority", _("Priority"), _("0 leads on to another name; from 1 on, the lowest is tried first."), "1"),
    Part("target", _("Target"), _("A whole name; a dot for the record’s own name."), "."),
    Part("parameters", _("Parameters"), _("Such as alpn=h2,h3 or port=8443; may be empty."), "alpn=h2", long=True),
)
TYPES: Mapping[str, StrOrPromise] = {
    "A": _("IPv4 address of a name"),
    "AAAA": _("IPv6 address of a name"),
    "CNAME": _("The name is another word for a name elsewhere"),
    "ALIAS": _("Like CNAME, also possible for the domain itself: the addresses of another name"),
    "MX": _("The server that takes the domain’s mail"),
    "TXT": _("Text, such as SPF, DKIM or a proof of ownership"),
    "SRV": _("Where a service runs: server and port"),
    "CAA": _("Who may issue certificates for the name"),
    "NS": _("Hands the name over to other name servers"),
    "PTR": _("The name that belongs to an address"),
    "TLSA": _("Fingerprint of a certificate (DANE)"),
    "SSHFP": _("Fingerprint of an SSH server’s key"),
    "NAPTR": _("Rewriting of names, for telephony"),
    "DS": _("Key of a signed zone below this one (DNSSEC)"),
    "HTTPS": _("How a website is best reached"),
    "SVCB": _("How a service is best reached"),
}
NAMES: Mapping[str, StrOrPromise] = {
    "SRV": _(
        "Service and protocol, each after an underscore, such as _sip._tcp or _imaps._tcp; below a name _sip._tcp.büro."
    ),
    "TLSA": _(
        "Port and protocol, each after an underscore, then the server: _443._tcp.www for a website, _25._tcp.mail for mail."
    ),
    "NAPTR": _("The name that programs look up; empty or @ for the domain itself."),
}
PARTS: Mapping[str, tuple[Part, ...]] = {
    "A": (Part("address", _("IPv4 address"), _("Such as 192.0.2.1")),),
    "AAAA": (Part("address", _("IPv6 address"), _("Such as 2001:db8::1")),),
    "CNAME": (Part("target", _("Leads to"), TARGET),),
    "ALIAS": (Part("target", _("Leads to"), TARGET),),
    "MX": (PRIORITY, Part("target", _("Mail server"), TARGET)),
    "TXT": (Part("text", _("Text"), _("As you were given it, without quotation marks."), long=True),),
    "SRV": (
        PRIORITY,
        Part("weight", _("Weight"), _("Among servers of the same priority, more gets more."), "5"),
        Part("port", _("Port")),
        Part("target", _("Server"), TARGET),
    ),
    "CAA": (
        Part("flags", _("Strictness"), "", "0", (("0", _("as usual")), ("128", _("refuse what is not understood (128)")))),
        Part("tag", _("What is ruled"), "", "issue", (
            ("issue", _("who may issue certificates")), ("issuewild", _("who may issue wildcard certificates")),
            ("iodef", _("where violations are reported to")), ("issuemail", _("who may issue mail certificates")),
            ("issuevmc", _("who may issue mark certificates")),
        )),
        Part("value", _("Value"), _("Such as letsencrypt.org, or mailto:… for reports."), quoted=True),
    ),
    "NS": (Part("target", _("Name server"), TARGET),),
    "PTR": (Part("target", _("Name"), TARGET),),
    "TLSA": (
        Part("usage", _("Usage"), "", "3", (("3", _("3: this certificate")), ("2", _("2: this authority")),
             ("1", _("1: this certificate, checked as usual")), ("0", _("0: this authority, checked as usual")))),
        Part("selector", _("Of what"), "", "1", (("1", _("1: the public key")), ("0", _("0: the whole certificate")))),
        Part("matching", _("Fingerprint by"), "", "1", (("1", "1: SHA-256"), ("2", "2: SHA-512"), ("0", _("0: none, the whole")))),
        Part("data", _("Fingerprint"), HEX, long=True),
    ),
    "SSHFP": (
        Part("algorithm", _("Key"), "", "4", (("4", "4: Ed25519"), ("1", "1: RSA"), ("3", "3: ECDSA"), ("6", "6: Ed448"), ("2", "2: DSA"))),
        Part("kind", _("Fingerprint by"), "", "2", (("2", "2: SHA-256"), ("1", "1: SHA-1"))),
        Part("data", _("Fingerprint"), HEX, long=True),
    ),
    "NAPTR": (
        Part("order", _("Order"), "", "100"),
        Part("preference", _("Preference"), "", "10"),
        Part("flags", _("Flags"), _("S, A, U, P or nothing."), quoted=True),
        Part("service", _("Service"), _("Such as SIP+D2U"), quoted=True),
        Part("expression", _("Rule"), _("A regular expression, or nothing."), quoted=True),
        Part("target", _("Leads to"), _("A whole name; a dot for none."), "."),
    ),
    "DS": (
        Part("tag", _("Key tag")),
        Part("algorithm", _("Algorithm"), "", "13", ALGORITHMS),
        Part("kind", _("Fingerprint by"), "", "2", (("2", "2: SHA-256"), ("4", "4: SHA-384"), ("1", "1: SHA-1"))),
        Part("data", _("Fingerprint"), HEX, long=True),
    ),
    "HTTPS": BINDING,
    "SVCB": BINDING,
}  # fmt: skip


def joined(kind: str, words: Mapping[str, str]) -> str:
    """The line that the parts make."""
    parts = PARTS[kind]
    if len(parts) == 1:
        return words[parts[0].name]
    return " ".join(_quoted(words[part.name]) if part.quoted else words[part.name] for part in parts).strip()


def split(kind: str, line: str) -> dict[str, str]:
    """The parts of a line as `rules.contents.shown` gives it."""
    parts = PARTS[kind]
    if len(parts) == 1:
        return {parts[0].name: line}
    words = re.findall(WORD, line)
    *first, last = parts
    found = {part.name: _bare(word) if part.quoted else word for part, word in zip(first, words, strict=False)}
    rest = " ".join(words[len(first) :])
    return found | {last.name: _bare(rest) if last.quoted else rest}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bare(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


class Record(VerbForm):
    """Name, the parts of the type, how long it may be kept. `line` is the verb's field that the parts make."""

    line: ClassVar[str] = ""
    kind: str

    def _settle_fields(self) -> None:
        super()._settle_fields()
        self.kind = str(self.fixed["type"])
        if "name" in self.fields and self.kind in NAMES:
            self.fields["name"].help_text = NAMES[self.kind]
        ttl = self.fields.pop("ttl")
        for part in PARTS[self.kind]:
            self.fields[part.name] = _input(part)
            self.initial.setdefault(part.name, part.first)
        self.fields["ttl"] = ttl

    def given(self) -> dict[str, object]:
        given = super().given()
        words = {part.name: str(self.cleaned_data.get(part.name) or "") for part in PARTS[self.kind]}
        return {**given, self.line: joined(self.kind, words)}

    def _show(self, error: FieldError) -> None:
        """What is said of the line stands beside the part that is hardest to type."""
        name = PARTS[self.kind][-1].name if error.field in (self.line, "content", "type") else error.field
        super()._show(FieldError(name, error.message))


def _input(part: Part) -> forms.Field:
    shared: dict[str, Any] = {"label": part.label, "help_text": part.help, "required": False}
    if part.choices:
        return forms.ChoiceField(choices=part.choices, **shared)
    attributes = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
    if part.long:
        return forms.CharField(widget=forms.Textarea({"rows": "3", **attributes}), strip=True, **shared)
    return forms.CharField(widget=forms.TextInput(attributes), **shared)


def _ttl() -> Number:
    return Number(_("Lifetime"), after=_("seconds"), help_text=_("How long others may keep it: 3,600 is an hour."))


class AddRecord(Record):
    verb = "dns.add_record"
    line = "content"
    name = Text(_("Name"), help_text=_("The part before the domain, such as www; empty or @ for the domain itself."),
                autocomplete="off", spellcheck="false", autocapitalize="none")  # fmt: skip
    ttl = _ttl()


class ChangeRecord(Record):
    verb = "dns.change_record"
    line = "new"
    ttl = _ttl()


class Dnssec(VerbForm):
    verb = "dns.switch_dnssec"
    on = Switch(
        _("Sign the zone (DNSSEC)"), help_text=_("Others can then check that answers about this domain are genuine.")
    )
    forget_key = Switch(
        _("Throw the key away"),
        help_text=_("Only when signing is switched off. With the key kept, the same DS record fits next time."),
    )
