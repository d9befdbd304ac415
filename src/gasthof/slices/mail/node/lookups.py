# ruff: noqa: S608 - constants only
"""What Postfix and Dovecot look up: the tables, the queries, and the rows that each object has in them. Pure.

Two databases, node/mail/lookup-postfix/postfix.db (group postfix) and node/mail/lookup-dovecot/dovecot.db (group dovecot), both
in WAL mode, written by the agent only. Each row's `owner` is "KIND KEY" of the object that it comes from.

Names. A domain has a row for each way that mail may write it: its A-label; its U-label; and, for Postfix, the U-label as
Postfix folds it before a look-up (Unicode's full case folding: "straße" is asked for as "strasse"). `exact` is 0 for a
name that is only the folded form: where another domain really has that name, it wins. Addresses are stored once, by A-label, and
reached through `domains.ascii`. A change of a domain's state so touches no mailbox's rows.

Postfix, over `proxy:sqlite:`; keys come in lower case:
  DOMAINS_QUERY     virtual_mailbox_domains
  MAILBOXES_QUERY   virtual_mailbox_maps
  ROUTES_QUERY      virtual_alias_maps. Every address of a domain is in it, a mailbox with itself as target, so that a catch-all
                    ("@domain") gets only what is left. A mailbox keeps its "+detail"; other targets do not get one.
                    propagate_unmatched_extensions must be empty.
  SENDERS_QUERY     smtpd_sender_login_maps: the mailboxes that may use a sender address; logins are addresses by A-label
  REFUSED_QUERY     check_recipient_access, before any permit: what a suspended domain answers
  SUSPENDED_QUERY   transport_maps: the same for what reaches it from inside, by a forward, or waited in the queue
  FOLDED_QUERY      check_recipient_access for recipients whose domain has a letter that folding changes (ß, ς): refuses the name if
                    its folded form is, or is also that of, another domain here, whose owner would get the mail
Dovecot:
  PASSWORD_QUERY, USER_QUERY, ITERATE_QUERY   passdb, userdb, iterate. `user` becomes the address by A-label, whatever was typed.
"""

from collections.abc import Mapping

import idna

from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec

Row = tuple[str | int | None, ...]  # without its owner, which comes first in the table
Rows = Mapping[str, tuple[Row, ...]]  # table -> rows

POSTFIX_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS domains (owner TEXT NOT NULL, name TEXT NOT NULL, ascii TEXT NOT NULL, exact INTEGER NOT NULL,"
    " active INTEGER NOT NULL, suspended INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS domains_name ON domains (name, exact, ascii, active, suspended)",
    "CREATE TABLE IF NOT EXISTS mailboxes (owner TEXT NOT NULL, address TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS mailboxes_address ON mailboxes (address)",
    "CREATE TABLE IF NOT EXISTS routes (owner TEXT NOT NULL, address TEXT NOT NULL, target TEXT NOT NULL, detail INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS routes_address ON routes (address)",
    "CREATE TABLE IF NOT EXISTS senders (owner TEXT NOT NULL, address TEXT NOT NULL, login TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS senders_address ON senders (address)",
)
DOVECOT_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS domains (owner TEXT NOT NULL, name TEXT NOT NULL, ascii TEXT NOT NULL,"
    " suspended INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS domains_name ON domains (name, ascii, suspended)",
    "CREATE TABLE IF NOT EXISTS mailboxes (owner TEXT NOT NULL, address TEXT NOT NULL, password TEXT NOT NULL,"
    " uid INTEGER NOT NULL, home TEXT NOT NULL, quota_mb INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS mailboxes_address ON mailboxes (address)",
)

# %s is the whole key, %u and %d its parts, all escaped by Postfix; a query with %u is not asked for "@domain".
_LOCAL = "substr('%s', 1, instr('%s', '@') - 1)"
_DOMAIN = "substr('%s', instr('%s', '@') + 1)"
_PLAIN = (  # the local part without "+detail"
    "CASE WHEN instr('%s', '+') BETWEEN 2 AND instr('%s', '@') THEN substr('%s', 1, instr('%s', '+') - 1)"
    f" ELSE {_LOCAL} END"
)
_NAMED = "d.name = {0} AND d.exact = (SELECT max(exact) FROM domains WHERE name = {0})"
_NAMED_BY_PART = _NAMED.format("'%d'")
_SUSPENDED = (
    f"FROM domains d WHERE instr('%s', '@') > 0 AND {_NAMED.format(_DOMAIN)} AND d.active AND d.suspended"
    f" AND ({_PLAIN}) NOT IN ('postmaster', 'abuse') LIMIT 1"
)
SUSPENDED_WORDS = "Mail for this address is suspended"
FOLDED_WORDS = "Write this domain in its xn-- form: it is mistaken for another one"

DOMAINS_QUERY = "SELECT d.ascii FROM domains d WHERE d.name = '%s' AND d.active LIMIT 1"
MAILBOXES_QUERY = (
    "SELECT m.address FROM domains d JOIN mailboxes m ON m.address = '%u' || '@' || d.ascii"
    f" WHERE {_NAMED_BY_PART} AND d.active LIMIT 1"
)
ROUTES_QUERY = (
    "SELECT DISTINCT CASE WHEN r.detail THEN substr('%s', 1, instr('%s', '@')) || substr(r.target, instr(r.target, '@') + 1)"
    " ELSE r.target END"
    f" FROM domains d JOIN routes r ON r.address = ({_PLAIN}) || '@' || d.ascii"
    f" WHERE {_NAMED.format(_DOMAIN)} AND d.active"
)
SENDERS_QUERY = (
    "SELECT DISTINCT s.login FROM domains d JOIN senders s ON s.address = '%u' || '@' || d.ascii"
    f" WHERE {_NAMED_BY_PART}"
)
REFUSED_QUERY = f"SELECT '550 5.2.1 {SUSPENDED_WORDS}' {_SUSPENDED}"
SUSPENDED_QUERY = f"SELECT 'error:5.2.1 {SUSPENDED_WORDS}' {_SUSPENDED}"
FOLDED_QUERY = (
    f"SELECT '550 5.1.2 {FOLDED_WORDS}' FROM domains d WHERE instr('%s', '@') > 0 AND d.name = {_DOMAIN}"
    " HAVING count(*) > 1 OR max(d.exact)"
)

_LOGIN = "FROM domains d JOIN mailboxes m ON m.address = '%Ln' || '@' || d.ascii WHERE d.name = '%Ld'"
_USER = "m.address AS user, m.home AS {0}home, m.uid AS {0}uid, m.uid AS {0}gid, '*:storage=' || m.quota_mb || 'M' AS {0}quota_rule"
PASSWORD_QUERY = (  # with what the userdb would say, for `driver = prefetch`
    f"SELECT m.password AS password, {_USER.format('userdb_')} {_LOGIN} AND NOT d.suspended"
    " AND m.password <> '' LIMIT 1"
)
USER_QUERY = f"SELECT {_USER.format('')} {_LOGIN} LIMIT 1"
ITERATE_QUERY = "SELECT address AS user FROM mailboxes"


def names(domain: str) -> tuple[tuple[str, int], ...]:
    """Each way that Postfix asks for a domain given by A-labels, and whether it is the name itself or only its folded form."""
    unicode = idna.decode(domain)
    folded = unicode.casefold()
    return tuple({domain: 1, folded: int(folded == unicode)}.items())


def postfix_domain(spec: DomainSpec, host: str) -> Rows:
    """`host` is the machine's name: reserved addresses without a target lead to its postmaster."""
    operator = f"postmaster@{host}"
    reserved = {(each.local, each.target or operator) for each in spec.reserved}
    if spec.suspended:
        reserved |= {(each.local, operator) for each in spec.reserved}
    routes = [(f"{local}@{spec.name}", target, 0) for local, target in sorted(reserved)]
    routes += [(f"@{spec.name}", spec.catch_all, 0)] if spec.catch_all else []
    return {
        "domains": tuple(
            (name, spec.name, exact, int(spec.active), int(spec.suspended)) for name, exact in names(spec.name)
        ),
        "routes": tuple(routes),
    }


def dovecot_domain(spec: DomainSpec) -> Rows:
    found = dict.fromkeys((spec.name, idna.decode(spec.name)))
    return {"domains": tuple((name, spec.name, int(spec.suspended)) for name in found)}


def postfix_mailbox(spec: MailboxSpec) -> Rows:
    own = [(spec.address, spec.address, 1)] if spec.keep_copy or not spec.forward_to else []
    return {
        "mailboxes": ((spec.address,),),
        "routes": (*own, *((spec.address, target, 0) for target in spec.forward_to)),
        "senders": ((spec.address, spec.address),),
    }


def dovecot_mailbox(spec: MailboxSpec, home: str) -> Rows:
    """`home` is the absolute path of its folder."""
    return {"mailboxes": ((spec.address, spec.password, spec.uid, home, spec.quota_mb),)}


def postfix_address(spec: AddressSpec) -> Rows:
    return {
        "routes": tuple((spec.address, target, 0) for target in spec.targets),
        "senders": tuple((spec.address, login) for login in spec.senders),
    }
