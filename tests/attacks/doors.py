"""What somebody without a password may get at each port of the platform: one talk each way of trying, with the answers that are right.

A port that is not in DOORS fails test_php_ports.py: whoever opens one says here what a stranger gets there.
"""

import socket
import struct
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.opcode
import dns.rdatatype
import dns.update
import idna

OWN_NAME, NEIGHBOUR_NAME = "angreifer-an-türen.test", "nachbar-mit-tür.test"
OWN, NEIGHBOUR = (idna.encode(name).decode() for name in (OWN_NAME, NEIGHBOUR_NAME))
ELSEWHERE = "anderswo-an-tueren.example"
VICTIM = f"opfer@{ELSEWHERE}"
POST = f"post@{NEIGHBOUR}"
FORGED = "203.0.113.77"  # an address that only a liar has (RFC 5737)
PROXY_1 = f"PROXY TCP4 {FORGED} 127.0.0.1 4000 25\r\n".encode()
PROXY_2 = (  # the same in version 2 (haproxy's proxy-protocol.txt, section 2.2)
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + socket.inet_aton(FORGED) + socket.inet_aton("127.0.0.1") + b"\x0f\xa0\0\x19"
)
CLOSED = rb"<closed>"  # without a word
TLS = None  # a line that begins TLS


@dataclass(frozen=True)
class Line:
    said: bytes | None  # TLS, or what is sent
    right: bytes  # a pattern that the whole answer fits


@dataclass(frozen=True)
class Talk:
    about: str
    lines: tuple[Line, ...]
    kind: str = "tcp"


def talk(about: str, *lines: tuple[bytes | str | None, bytes], kind: str = "tcp") -> Talk:
    """Lines as (said, right answer); text gets its end of line."""
    return Talk(
        about,
        tuple(Line(f"{said}\r\n".encode() if isinstance(said, str) else said, right) for said, right in lines),
        kind,
    )


def each(right: bytes, *said: str) -> list[tuple[str, bytes]]:
    return [(one, right) for one in said]


BEGIN = (TLS, rb"<TLS>")
YES = rb"(?:2\d\d-[^\r\n]*\r\n)*2\d\d [^\r\n]*\r\n"  # SMTP and FTP alike: RFC 5321, section 4.2; RFC 959, section 4.2
NO = rb"(?:5\d\d[- ][^\r\n]*\r\n)*5\d\d [^\r\n]*\r\n"
NO_SYNC = (  # before the greeting it came, or after it
    rb"(?:554 5\.5\.0 Error: SMTP protocol synchronization\r\n(?:<closed>)?|220 [^\r\n]+ ESMTP\r\n(?:5\d\d [^\r\n]*\r\n)+(?:<closed>)?)"
)
HELLO = [(b"", rb"220 [^\r\n]+ ESMTP\r\n"), ("EHLO php.test", YES)]
ASIDE = (
    f"XCLIENT ADDR={FORGED} LOGIN={POST}", f"XFORWARD ADDR={FORGED}", PROXY_1.decode().rstrip(), "VRFY post", "EXPN post", f"ETRN {NEIGHBOUR}",
    "CONNECTION x", "TURN",
)  # fmt: skip
RELAYS = (
    VICTIM,
    f"opfer%{ELSEWHERE}@{NEIGHBOUR}",
    f"@{NEIGHBOUR}:{VICTIM}",
    f"{ELSEWHERE}!opfer",
    "root",
    "root@localhost",
)
NO_TRADE = each(NO, *(f"RCPT TO:<{recipient}>" for recipient in RELAYS), "DATA")
IMPOSTORS = each(NO, "AUTH ANONYMOUS eA==", "AUTH EXTERNAL =", "AUTH EXTERNAL cm9vdA==", "AUTH PLAIN AHBvc3QA")

SMTP = [
    *(talk(f"mail for others as {sender}", *HELLO, (f"MAIL FROM:<{sender}>", YES), *NO_TRADE) for sender in (POST, "", "root@localhost")),
    talk("forged client", *HELLO, *each(NO, *ASIDE)),
    talk("signing in where nobody does", *HELLO, *IMPOSTORS),
    talk("PROXY 1", (PROXY_1, NO_SYNC)),
    talk("PROXY 2", (PROXY_2, NO_SYNC)),
]  # fmt: skip
UNKNOWN = [
    talk("mail of ones own", (f"MAIL FROM:<{POST}>", YES), (f"RCPT TO:<{POST}>", NO), *NO_TRADE),
    talk("forged client", *each(NO, *ASIDE)),
    talk("signing in as nobody", *IMPOSTORS),
]  # behind EHLO
WRAPPED = [BEGIN, *HELLO]
EXPLICIT = [*HELLO, ("STARTTLS", YES), BEGIN, ("EHLO php.test", YES)]
SUBMISSION = [
    *(Talk(one.about, (*talk("", *EXPLICIT).lines, *one.lines)) for one in UNKNOWN),
    talk("in clear text", *HELLO, *each(NO, f"MAIL FROM:<{POST}>", f"RCPT TO:<{POST}>", "DATA", "AUTH PLAIN AHBvc3QAeA==", *ASIDE)),
    *SMTP[-2:],
]  # fmt: skip
SMTPS = [
    *(Talk(one.about, (*talk("", *WRAPPED).lines, *one.lines)) for one in UNKNOWN),
    *(talk(f"PROXY {number} before TLS", (head, CLOSED)) for number, head in ((1, PROXY_1), (2, PROXY_2))),
    talk("PROXY in TLS", BEGIN, (PROXY_1, NO_SYNC)),
    talk("in clear text", ("EHLO php.test", CLOSED)),
]  # fmt: skip

IMAP_HELLO = [BEGIN, (b"", rb"\* OK \[CAPABILITY [^\r\n]*\] Ready\.\r\n")]
IMAP_NO = rb"a (?:NO|BAD) [^\r\n]*\r\n(?:\* BYE [^\r\n]*\r\n)?(?:<closed>)?"
IMAP = [
    talk("reading at once", *IMAP_HELLO, *each(IMAP_NO, "a SELECT INBOX", 'a LIST "" *')),
    talk("changing at once", *IMAP_HELLO, *each(IMAP_NO, "a APPEND INBOX {3+}\r\nabc", f"a GETQUOTAROOT {POST}")),
    talk("no one", *IMAP_HELLO, *each(IMAP_NO, "a AUTHENTICATE ANONYMOUS eA==", "a AUTHENTICATE EXTERNAL =")),
    talk("without a password", *IMAP_HELLO, (f'a LOGIN {POST} ""', IMAP_NO)),
    talk("forged client", *IMAP_HELLO, (f'a ID ("x-originating-ip" "{FORGED}" "x-proxy-ttl" "3")', rb"\* ID [^\r\n]*\r\na OK [^\r\n]*\r\n")),
    talk("PROXY in TLS", *IMAP_HELLO, (PROXY_1, rb"PROXY BAD [^\r\n]*\r\n")),
]  # fmt: skip
POP_HELLO = [BEGIN, (b"", rb"\+OK Ready\.\r\n")]
POP_NO = rb"-ERR [^\r\n]*\r\n(?:<closed>)?"
POP3 = [
    talk("reading at once", *POP_HELLO, *each(POP_NO, "STAT", "RETR 1")),
    talk("no one", *POP_HELLO, *each(POP_NO, "AUTH ANONYMOUS", "AUTH EXTERNAL", "APOP post d41d8cd98f00b204e9800998ecf8427e")),
    talk("forged client", *POP_HELLO, (f"XCLIENT ADDR={FORGED}", rb"\+OK You are not from trusted IP - ignoring\r\n")),
    talk("PROXY in TLS", *POP_HELLO, (PROXY_1, POP_NO)),
]  # fmt: skip
SIEVE_HELLO = (b"", rb'"IMPLEMENTATION" "Gasthof"\r\n(?:"[A-Z]+"(?: "[^"\r\n]*")?\r\n)+OK "[^"\r\n]*"\r\n')
SIEVE_NO = rb"(?:NO|BYE) [^\r\n]*\r\n(?:<closed>)?"
SIEVE_TLS = [SIEVE_HELLO, ("STARTTLS", rb"OK [^\r\n]*\r\n"), BEGIN, SIEVE_HELLO]
SCRIPTS = (
    "LISTSCRIPTS",
    'GETSCRIPT "x"',
    'SETACTIVE ""',
    'PUTSCRIPT "x" "keep;"',
    'HAVESPACE "x" 1',
    'DELETESCRIPT "x"',
)
SIEVE = [
    talk("in clear text", SIEVE_HELLO, *each(SIEVE_NO, *SCRIPTS, 'AUTHENTICATE "PLAIN" "AHBvc3QAeA=="', PROXY_1.decode().rstrip())),
    talk("filters at once", *SIEVE_TLS, *each(SIEVE_NO, *SCRIPTS[:3])),
    talk("a filter at once", *SIEVE_TLS, *each(SIEVE_NO, *SCRIPTS[3:])),
    talk("no one", *SIEVE_TLS, *each(SIEVE_NO, 'AUTHENTICATE "ANONYMOUS" "eA=="', 'AUTHENTICATE "EXTERNAL" "="')),
    talk("without a password", *SIEVE_TLS, ('AUTHENTICATE "PLAIN" "AHBvc3QA"', SIEVE_NO)),
    talk("smuggled behind STARTTLS", SIEVE_HELLO, ("STARTTLS\r\nLISTSCRIPTS", SIEVE_TLS[1][1]), BEGIN, SIEVE_HELLO, ("NOOP", rb"OK [^\r\n]*\r\n")),
    talk("PROXY in TLS", *SIEVE_TLS, (PROXY_1, SIEVE_NO)),
    talk("PROXY 2", SIEVE_HELLO, (PROXY_2, rb"(?:NO [^\r\n]*\r\n)+(?:<silent>)?")),
]  # fmt: skip
FILTERED = [
    talk("mail for others", (b"", NO), *each(NO, "EHLO php.test", f"MAIL FROM:<{POST}>", "MAIL FROM:<>", f"RCPT TO:<{VICTIM}>", "DATA")),
    talk("forged client", (b"", NO), *each(NO, *ASIDE)),
    talk("PROXY 1", (PROXY_1, rb"(?:5\d\d [^\r\n]*\r\n)+(?:<closed>)?")),
]  # fmt: skip
WORDLESS = [
    talk("PROXY 1", (PROXY_1, CLOSED)),
    talk("PROXY 2", (PROXY_2, CLOSED)),
    talk("clear text", (f"a LOGIN {POST} x\r\nUSER {POST}", CLOSED)),
]


def packet(query: dns.message.Message, **header: int) -> bytes:
    query.id = 0x4753
    for name, value in header.items():
        setattr(query, name, value)
    return query.to_wire()


def _name(text: str, kind: str, dns_class: str = "IN") -> dns.message.Message:
    return dns.message.make_query(text, kind, dns_class)


def _added() -> dns.message.Message:
    change = dns.update.UpdateMessage(NEIGHBOUR)
    change.replace("www", 60, "A", FORGED)
    return change


def _notification() -> bytes:
    query = _name(NEIGHBOUR, "SOA")
    query.set_opcode(dns.opcode.NOTIFY)
    return packet(query)


QUESTIONS = {
    "the whole zone": packet(_name(NEIGHBOUR, "AXFR")),
    "what changed": packet(_name(NEIGHBOUR, "IXFR")),
    "a change": packet(_added()),
    "a notification": _notification(),
    "others' names": packet(_name(ELSEWHERE, "A"), flags=dns.flags.RD),
    "the version": packet(_name("version.bind", "TXT", "CH")),
}
# Its number, any error (SERVFAIL, NOTIMP, REFUSED, NOTAUTH), not one record: RFC 1035, section 4.1.1; RFC 2136, section 2.2.
DNS_NO = rb"GS.[\x02\x04\x05\x09\x82\x84\x85\x89]..\x00\x00.*"
DNS_EMPTY = rb"GS.[\x00\x80]..\x00\x00.*"  # by UDP there is no whole zone: the answer has no record, and no error
DNS = [
    *(talk(about, (struct.pack(">H", len(question)) + question, rb".." + DNS_NO)) for about, question in QUESTIONS.items()),
    *(talk(about, (question, DNS_EMPTY if about == "the whole zone" else DNS_NO), kind="udp") for about, question in QUESTIONS.items()),
]  # fmt: skip


def http(method: str, path: str, host: str | None, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), "Connection: close", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def refused(*codes: int) -> bytes:
    """One of these, to its end, and not a word of what an administrator would be told."""
    return (
        rb"HTTP/1\.1 (?:"
        + b"|".join(b"%d" % code for code in codes)
        + rb") (?:(?!digest|serving|errors\": ?\{|\"ok\").)*<closed>"
    )


ADMIN = (
    "/check",
    "/tell",
    "/configuration",
    "/.gasthof/malformed",
    "/page",
    "/@page",
    "//configuration",
    "/%2e%2e/configuration",
)
INSIDE = (OWN, "localhost", "127.0.0.1", "", None, "unix:", "admin.sock", f"{OWN}\t/", NEIGHBOUR.upper() + ".")
LIES = (
    f"X-Forwarded-For: {FORGED}",
    "X-Forwarded-Host: localhost",
    "X-Original-URL: /configuration",
    "X-Accel-Redirect: /configuration",
)
MOVED, GONE = (301, 308, 400, 404, 405, 421), (400, 404, 405, 421)  # a site is shown by HTTPS only


def sites(*codes: int) -> list[Talk]:
    return [
        *(talk(f"{path} of {host!r}", (http("GET", path, host, *LIES), refused(*codes))) for path in ADMIN[:3] for host in INSIDE),
        *(talk(f"{path}", (http("POST", path, OWN, "Content-Length: 13") + b'{"hosts": []}', refused(*codes))) for path in ADMIN),
        talk("PROXY 1", (PROXY_1, refused(400))),
        talk("PROXY 2", (PROXY_2, refused(400))),
    ]  # fmt: skip


FOREIGN = (ELSEWHERE, f"localhost.{OWN}", f"localhost:1@{ELSEWHERE}", "panel", "gunicorn", "")
SECURE = [Talk(one.about, (Line(TLS, rb"<TLS>"), *one.lines)) for one in sites(*GONE)]
PANEL = [
    *(talk(f"as {host!r}", BEGIN, (http("GET", "/", host, *LIES[:2]), refused(400, 421))) for host in FOREIGN),
    *(talk(f"{method} {path}", BEGIN, (http(method, path, "localhost", "Content-Length: 0", *LIES), refused(403, 404, 405)))
      for method in ("POST", "PUT", "DELETE") for path in ("/", "/health", "/run", "/api/run", "/admin/", "/accounts.create")),
    *(talk(f"reading {path}", BEGIN, (http("GET", path, "localhost", *LIES), refused(400, 404))) for path in ("/run", "/api/", "/admin/", "/static/../../../config.toml")),
    talk("a verb of the API", BEGIN, (http("POST", "/api/v1/verbs/accounts.create", "localhost", "Content-Length: 0", *LIES), refused(401))),
    talk("a list of the API", BEGIN, (http("GET", "/api/v1/customers", "localhost", *LIES), refused(401))),
    *(talk(f"PROXY {number}", (head, refused(400))) for number, head in ((1, PROXY_1), (2, PROXY_2))),
    talk("PROXY in TLS", BEGIN, (PROXY_1, refused(400))),
]  # fmt: skip

FTP_HELLO = (b"", rb"220 [^\r\n]*\r\n")
BOUNCE = ("PORT 127,0,0,1,0,25", "EPRT |1|127.0.0.1|25|", "PASV", "EPSV")
FTP = [
    talk("in clear text", FTP_HELLO, *each(NO, "USER anonymous", "PASS x@y", *BOUNCE, "LIST", "RETR /etc/passwd", "SITE CHMOD 777 /", "STAT /", "MDTM /")),
    talk("anonymous", FTP_HELLO, ("AUTH TLS", YES), BEGIN, ("USER anonymous", rb"331 [^\r\n]*\r\n"), ("PASS x@y", NO), *each(NO, *BOUNCE, "LIST", "RETR x", "STOR x", "SITE CHMOD 777 /")),
    talk("root without a password", FTP_HELLO, ("AUTH TLS", YES), BEGIN, ("USER root", rb"331 [^\r\n]*\r\n"), ("PASS ", NO)),
    talk("PROXY 1", FTP_HELLO, (PROXY_1, NO)),
]  # fmt: skip
BANNER = rb"SSH-2\.0-[\w.]+\r\n.*"
SFTP = [
    *(talk(f"PROXY {number}", (head, BANNER + rb"<closed>")) for number, head in ((1, PROXY_1), (2, PROXY_2))),
    talk(
        "a channel at once",
        (b"SSH-2.0-x\r\n", BANNER),
        (struct.pack(">IBB", 12, 4, 90) + bytes(10), rb".{4}.\x03.{4}.*|.*<closed>"),
    ),
]


def _startup(*words: str) -> bytes:
    body = b"".join(word.encode() + b"\0" for word in words) + b"\0"
    return struct.pack(">II", 8 + len(body), 196608) + body


FATAL = rb"E....SFATAL\x00.*\x00\x00<closed>"  # PostgreSQL's manual, "Message Formats", ErrorResponse
QUERY = b"Q" + struct.pack(">I", 13) + b"SELECT 1\0"
POSTGRES = [
    *(talk(f"as {user}", (_startup("user", user, "database", "postgres"), FATAL)) for user in ("postgres", "")),
    *(talk(f"{user} copies all", (_startup("user", user, "replication", word), FATAL)) for user in ("postgres", "gasthof_owner") for word in ("true", "database")),
    talk("asking instead of answering", (_startup("user", "root", "database", "postgres"), rb"R.{4}\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00"), (QUERY, FATAL)),
    talk("PROXY 1", (PROXY_1, CLOSED)),
    talk("PROXY 2", (PROXY_2, CLOSED)),
]  # fmt: skip
GREETING = rb"..\x00\x00\x0a5\.5\.5-10[^\x00]*MariaDB.*mysql_native_password\x00"  # protocol 10: MariaDB's "Connecting", initial handshake
MARIADB = [
    talk("PROXY 1", (PROXY_1, GREETING + rb".*?<closed>")),
    talk("PROXY 2", (PROXY_2, GREETING + rb".*?<closed>")),
    talk("asking at once", (b"", GREETING), (b"\x0d\0\0\x01\x03SELECT VERSION()"[:17], rb"(?:...\x02\xff.*)?<closed>")),
]

DOORS = {
    "panel": PANEL, "http": sites(*MOVED), "https": SECURE, "dns": DNS, "smtp": SMTP, "submission": SUBMISSION, "smtps": SMTPS,
    "imaps": [*IMAP, *WORDLESS], "pop3s": [*POP3, *WORDLESS], "dovecot-imap": WORDLESS, "dovecot-pop3": WORDLESS,
    "sieve": SIEVE, "dovecot-sieve": WORDLESS, "filters": FILTERED,
    "ftp": FTP, "sftp": SFTP, "mariadb": MARIADB, "postgres": POSTGRES,
}  # fmt: skip
