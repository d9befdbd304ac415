# ruff: noqa: S608 - constants only
"""What Postfix and Dovecot look up: the tables, the queries, and the rows that each object has in them. Pure.

Two databases, node/mail/lookup-postfix/postfix.db (group postfix) and node/mail/lookup-dovecot/dovecot.db (group dovecot), both
in WAL mode, written by the agent only. Each row's `owner` is "KIND KEY" of the object that it comes from.

Postfix asks by A-labels only: what is typed to it is written so before it looks anything up.
Dovecot has a row for each way to write a domain, as people sign in with either. Addresses are stored by A-label. Whether a
domain takes mail and is suspended is looked up with each address: a change of that touches no mailbox's rows.

Postfix; keys come in lower case:
  DOMAINS_QUERY     virtual_mailbox_domains
  MAILBOXES_QUERY   virtual_mailbox_maps
  ROUTES_QUERY      virtual_alias_maps. Every address of a domain is in it, a mailbox with itself as target, so that a catch-all
                    ("@domain") gets only what is left. A mailbox keeps its "+detail"; other targets do not get one.
                    propagate_unmatched_extensions must be empty. The target "" is the operator's mailbox, which the route from "" names:
                    no domain's rows hold the machine's name, so that another one is a change of the operator's rows alone.
  SENDERS_QUERY     smtpd_sender_login_maps: the mailboxes that may use a sender address, none while suspended; a login is
                    ADDRESS#STAMP, as Dovecot tells Postfix at the sign-in
  LOGINS_QUERY      check_sasl_access: whom to send away, as the password is another by now, or the mailbox suspended or gone
  FILTERS_QUERY     check_sender_access of what filters send: the empty sender, and mailboxes that are neither suspended nor locked
  REFUSED_QUERY     check_recipient_access, before all else: "later" while not all rows are there that should be, then what a
                    suspended domain answers, and what a domain here answers for an address that it has not. The row of the table
                    `filled` goes with all others when the database is emptied, and comes when the agent has looked at everything.
  TRANSPORTS_QUERY  transport_maps of the queue manager: the first two for what comes from inside, by a forward, or is in the queue,
                    which would be sent elsewhere or back; else where the mail of a domain here goes
These two know nothing but whole addresses and stand in a unionmap behind a table of patterns, whose kind counts for both (dict_union.c):
Postfix does not ask them for "domain", ".test" and "local@" as well.
What most mails ask is answered by a short question, as SQLite reads each one anew, which takes longer than the look-up (decision 16).
Each is asked before a long one, whose answer it gives or leaves open:
  DOUBTFUL_QUERY    before REFUSED_QUERY, the class of restrictions that asks it: nothing for an address that surely gets mail
  HERE_QUERY        before TRANSPORTS_QUERY: delivery
  DIRECT_QUERY      before ROUTES_QUERY: where an address leads that has routes as it is written
A mailbox that the house has locked has a "!" before its password, as in shadow(5), and no sender: it is closed as those of a suspended
domain are, and takes mail all the same.
Of a domain whose mailboxes are closed, though mail comes in, `suspended` is SILENT for Postfix and 1 for Dovecot; of one that takes no mail while
its mailboxes can be read, SUSPENDED and 0.
Dovecot:
  USER_QUERY      asked by Dovecot's auth itself (etc/dovecot/users.lua), for each mail: %s is the name in lower case, by A-label
  PASSWORD_QUERY, SPELLED_QUERY, ITERATE_QUERY   passdb, userdb, iterate, asked by auth's workers; this userdb comes after the one above, for
                  a name that is written otherwise, or where that one fails. `user` becomes the address by A-label, whatever was typed.
"""

from hashlib import sha256

import idna

from gasthof.agent.sdk.steps import LookupDatabase, Row, Rows
from gasthof.prefix import Prefix
from gasthof.slices.mail.node import places
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec

OPERATOR = ("abuse", "hostmaster", "root", "webmaster")  # what else leads to the operator's postmaster
TO_OPERATOR = ""  # the target of a route, and the address of the one that says whose mailbox that is
SUSPENDED, SILENT = 1, 2  # Postfix' domains.suspended. Silent: mail comes in, and none is sent
OPERATOR_MB = 1_000  # size of the operator's mailbox

POSTFIX_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS domains (owner TEXT NOT NULL, name TEXT NOT NULL, active INTEGER NOT NULL,"
    " suspended INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS domains_name ON domains (name, active, suspended)",
    "CREATE TABLE IF NOT EXISTS mailboxes (owner TEXT NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL, session TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS mailboxes_address ON mailboxes (address, domain, session)",
    "CREATE INDEX IF NOT EXISTS mailboxes_session ON mailboxes (session, domain)",
    "CREATE TABLE IF NOT EXISTS routes (owner TEXT NOT NULL, address TEXT NOT NULL, target TEXT NOT NULL, detail INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS routes_address ON routes (address, target)",
    "CREATE TABLE IF NOT EXISTS senders (owner TEXT NOT NULL, address TEXT NOT NULL, login TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS senders_address ON senders (address, login)",
    "CREATE TABLE IF NOT EXISTS filled (owner TEXT NOT NULL, what TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS filled_what ON filled (what)",
)
DOVECOT_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS domains (owner TEXT NOT NULL, name TEXT NOT NULL, ascii TEXT NOT NULL,"
    " suspended INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS domains_name ON domains (name, ascii, suspended)",
    "CREATE TABLE IF NOT EXISTS mailboxes (owner TEXT NOT NULL, address TEXT NOT NULL, password TEXT NOT NULL,"
    " uid INTEGER NOT NULL, home TEXT NOT NULL, quota_mb INTEGER NOT NULL, stamp TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS mailboxes_address ON mailboxes (address)",
)

# %s is the whole key, %u and %d its parts, all escaped by Postfix. Not asked at all: a query with %u for "@domain", one with %d for
# what has no "@".
_PLAIN = "substr('%s', 1, instr(substr('%s', 2) || '+', '+')) || '@%d'"  # without "+detail"; where there is none, nobody's address
_WAITING = "NOT EXISTS (SELECT 1 FROM filled f WHERE f.what = 'all')"
_DOMAIN = "FROM domains d WHERE d.name = '%d' AND d.active"
_REACHED = (  # of a suspended domain: what is its own, not its mailboxes'
    f"EXISTS (SELECT 1 FROM routes r WHERE r.address IN ('%s', {_PLAIN}, '@%d') AND (d.suspended <> {SUSPENDED} OR r.owner = 'mail.domain %d'))"
)
WAITING_WORDS = "The list of addresses is not complete yet, try again"
SUSPENDED_WORDS = "Mail for this address is suspended"
UNKNOWN_WORDS = "User unknown"  # as Postfix says itself

DOMAINS_QUERY = "SELECT d.name FROM domains d WHERE d.name = '%s' AND d.active LIMIT 1"
MAILBOXES_QUERY = (
    "SELECT m.address FROM domains d JOIN mailboxes m ON m.address = '%u' || '@' || d.name"
    " WHERE d.name = '%d' AND d.active LIMIT 1"
)
ROUTES_QUERY = (
    "SELECT DISTINCT CASE WHEN r.detail THEN '%s' WHEN r.target = '' THEN (SELECT o.target FROM routes o WHERE o.address = '')"
    " ELSE r.target END"
    f" FROM domains d JOIN routes r ON r.address IN ('%s', {_PLAIN}) WHERE d.name = '%d' AND d.active"
)
SENDERS_QUERY = (
    "SELECT m.session FROM domains d, senders s, mailboxes m, domains o WHERE d.name = '%d' AND NOT d.suspended"
    " AND s.address = '%s' AND m.address = s.login AND o.name = m.domain AND NOT o.suspended"
)
LOGINS_QUERY = (
    "SELECT '421 4.7.0 Sign in again' WHERE NOT EXISTS (SELECT 1 FROM mailboxes m, domains d"
    " WHERE m.session = '%s' AND d.name = m.domain AND NOT d.suspended)"
)
REFUSED_QUERY = (
    f"SELECT CASE WHEN {_WAITING} THEN '450 4.3.0 {WAITING_WORDS}' ELSE (SELECT CASE WHEN {_REACHED} THEN NULL"
    f" WHEN d.suspended = {SUSPENDED} THEN '550 5.2.1 {SUSPENDED_WORDS}' ELSE '550 5.1.1 {UNKNOWN_WORDS}' END {_DOMAIN} LIMIT 1) END"
)
TRANSPORTS_QUERY = (
    f"SELECT CASE WHEN {_WAITING} THEN 'retry:4.3.0 {WAITING_WORDS}' ELSE (SELECT CASE WHEN d.suspended = {SUSPENDED} AND NOT {_REACHED}"
    f" THEN 'error:5.2.1 {SUSPENDED_WORDS}' ELSE '<<delivery>>' END {_DOMAIN} LIMIT 1) END"
)
FILTERS_QUERY = (
    "SELECT 'OK' WHERE '%s' = '<>' OR EXISTS (SELECT 1 FROM mailboxes m, domains d, senders s WHERE m.address = '%s'"
    " AND d.name = m.domain AND NOT d.suspended AND s.address = m.address AND s.login = m.address)"
)
_TAKES = f"d.name = '%d' AND d.active AND d.suspended <> {SUSPENDED}"
DOUBTFUL = "doubtful"  # smtpd_restriction_classes
DOUBTFUL_QUERY = f"SELECT '{DOUBTFUL}' WHERE NOT EXISTS (SELECT 1 FROM filled f, domains d, routes r WHERE f.what = 'all' AND {_TAKES} AND r.address = '%s')"
HERE_QUERY = f"SELECT '<<delivery>>' FROM filled f, domains d WHERE f.what = 'all' AND {_TAKES} LIMIT 1"
DIRECT_QUERY = (
    "SELECT CASE r.target WHEN '' THEN (SELECT target FROM routes WHERE address = '') ELSE r.target END"
    " FROM domains d, routes r WHERE d.name = '%d' AND d.active AND r.address = '%s'"
)
FILLED: Rows = {"filled": (("all",),)}

_LOGIN = "FROM domains d JOIN mailboxes m ON m.address = '%Ln' || '@' || d.ascii WHERE d.name = '%Ld'"
_USER = "m.address AS user, m.home AS {0}home, m.uid AS {0}uid, m.uid AS {0}gid, '*:storage=' || m.quota_mb || 'M' AS {0}quota_rule"
_NAME = "m.address || CASE WHEN '%s' = 'smtp' THEN '#' || m.stamp ELSE '' END"
_CLOSED = "(d.suspended OR substr(m.password, 1, 1) = '!')"
CLOSED_WORDS = "Dieses Postfach ist gesperrt. / This mailbox is suspended."
PASSWORD_QUERY = (  # with what the userdb would say, for `driver = prefetch`; %s is the service: only these heed nologin
    f"SELECT ltrim(m.password, '!') AS password, {_USER.format('userdb_').replace('m.address', _NAME, 1)}, CASE WHEN {_CLOSED} THEN 'y' END AS nologin,"
    f" CASE WHEN {_CLOSED} THEN '{CLOSED_WORDS}' END AS reason {_LOGIN}"
    f" AND (NOT {_CLOSED} OR '%s' IN ('imap', 'pop3', 'sieve')) AND m.password <> '' LIMIT 1"
)
USER_QUERY = f"SELECT {_USER.format('')} FROM mailboxes m WHERE m.address = '%s' LIMIT 1"
SPELLED_QUERY = f"SELECT {_USER.format('')} {_LOGIN} LIMIT 1"
ITERATE_QUERY = "SELECT address AS user FROM mailboxes"


def postfix_database(prefix: Prefix) -> LookupDatabase:
    return LookupDatabase(places.lookup(prefix, "postfix"), POSTFIX_SCHEMA, "postfix", "wal")


def dovecot_database(prefix: Prefix) -> LookupDatabase:
    return LookupDatabase(places.lookup(prefix, "dovecot"), DOVECOT_SCHEMA, "dovecot", "wal")


def postfix_domain(spec: DomainSpec) -> Rows:
    """Reserved addresses without a target lead to the operator, and all of them while it is suspended.

    What a suspended domain has rows for here is not refused; what it has of its own is, a mailbox postmaster@, say.
    """
    reserved = {each.local: TO_OPERATOR if spec.suspended else each.target or TO_OPERATOR for each in spec.reserved}
    routes = [(f"{local}@{spec.name}", target, 0) for local, target in sorted(reserved.items())]
    routes += [(f"@{spec.name}", spec.catch_all, 0)] if spec.catch_all and not spec.suspended else []
    return {
        "domains": ((spec.name, int(spec.active), SUSPENDED if spec.suspended else SILENT if spec.closed else 0),),
        "routes": tuple(routes),
    }


def dovecot_domain(spec: DomainSpec) -> Rows:
    found = dict.fromkeys((spec.name, idna.decode(spec.name)))
    return {"domains": tuple((name, spec.name, int(spec.closed)) for name in found)}


def postfix_mailbox(spec: MailboxSpec) -> Rows:
    own = [(spec.address, spec.address, 1)] if spec.keep_copy or not spec.forward_to else []
    return {
        "mailboxes": ((spec.address, spec.address.rpartition("@")[2], f"{spec.address}#{stamp(spec)}"),),
        "routes": (*own, *((spec.address, target, 0) for target in spec.forward_to)),
        "senders": () if spec.locked else ((spec.address, spec.address),),
    }


def dovecot_mailbox(spec: MailboxSpec, home: str) -> Rows:
    """`home` is the absolute path of its folder."""
    return {"mailboxes": ((spec.address, _password(spec), spec.uid, home, spec.quota_mb, stamp(spec)),)}


def stamp(spec: MailboxSpec) -> str:
    """Another one with each password, and while it is locked: what a session of Postfix is signed in with is worth nothing then."""
    return sha256(f"{_password(spec)} {spec.folder}".encode()).hexdigest()[:16]


def _password(spec: MailboxSpec) -> str:
    return f"!{spec.password}" if spec.locked else spec.password


def postfix_address(spec: AddressSpec) -> Rows:
    return {
        "routes": tuple((spec.address, target, 0) for target in spec.targets),
        "senders": tuple((spec.address, login) for login in spec.senders),
    }


def postfix_operator(host: str) -> Rows:
    """The machine's own name as a domain, with a mailbox that nobody can sign in to."""
    mailbox = postfix_mailbox(_operator(host, 0))
    addresses = (TO_OPERATOR, *(f"{local}@{host}" for local in OPERATOR))
    others: tuple[Row, ...] = tuple((address, f"postmaster@{host}", 0) for address in addresses)
    return {
        "domains": postfix_domain(DomainSpec(host, "", 0))["domains"],
        "mailboxes": mailbox["mailboxes"],
        "routes": (*mailbox["routes"], *others),
    }


def dovecot_operator(host: str, uid: int, home: str) -> Rows:
    return {**dovecot_domain(DomainSpec(host, "", uid)), **dovecot_mailbox(_operator(host, uid), home)}


def _operator(host: str, uid: int) -> MailboxSpec:
    return MailboxSpec(f"postmaster@{host}", "", uid, "", "", OPERATOR_MB)
