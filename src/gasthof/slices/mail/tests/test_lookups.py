"""Rows of objects, asked for with the queries of Postfix and Dovecot as these daemons would fill them in."""

import sqlite3
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gasthof.slices.mail.node import lookups
from gasthof.slices.mail.node.lookups import Rows
from gasthof.slices.mail.spec import AddressSpec, DomainSpec, MailboxSpec, Reserved

HOST = "server.gasthof.test"
NAME, UMLAUT = "xn--gre-aus-kln-w6a02arc.test", "grüße-aus-köln.test"
DELIVERY = "<<delivery>>"  # where mail of a domain here goes; the configuration says it
PASSWORD = "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"


def domain(name: str = NAME, **fields: object) -> DomainSpec:
    return DomainSpec(name, "s000012", 1_000_012, **fields)  # type: ignore[arg-type]


def mailbox(address: str = f"info@{NAME}", **fields: object) -> MailboxSpec:
    local, _, name = address.partition("@")
    given = {"password": PASSWORD, "quota_mb": 500, **fields}
    return MailboxSpec(address, "s000012", 1_000_012, f"{name}/{local}.00c0ffee", **given)  # type: ignore[arg-type]


LOGIN = f"info@{NAME}#{lookups.stamp(mailbox())}"


class Daemons:
    """Both databases, filled, and questions to them."""

    def __init__(self, *specs: DomainSpec | MailboxSpec | AddressSpec) -> None:
        self.postfix, self.dovecot = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
        for database, schema in ((self.postfix, lookups.POSTFIX_SCHEMA), (self.dovecot, lookups.DOVECOT_SCHEMA)):
            for statement in schema:
                database.execute(statement)
        fill(self.postfix, "mail.filled", lookups.FILLED)
        fill(self.postfix, f"mail.operator {HOST}", lookups.postfix_operator(HOST))
        for spec in specs:
            self.put(spec)

    def put(self, spec: DomainSpec | MailboxSpec | AddressSpec) -> None:
        if isinstance(spec, DomainSpec):
            fill(self.postfix, f"mail.domain {spec.name}", lookups.postfix_domain(spec))
            fill(self.dovecot, spec.name, lookups.dovecot_domain(spec))
        elif isinstance(spec, MailboxSpec):
            fill(self.postfix, spec.address, lookups.postfix_mailbox(spec))
            fill(self.dovecot, spec.address, lookups.dovecot_mailbox(spec, f"/mail/s000012/{spec.folder}"))
        else:
            fill(self.postfix, spec.address, lookups.postfix_address(spec))

    def ask(self, query: str, key: str) -> list[str]:
        """As sqlite_table(5): folded, the parts of the key quoted into the query; none for %u or %d where there is no such part, nor for NULL."""
        key = key.casefold()
        local, at, name = key.rpartition("@")
        if ("%u" in query and at and not local) or ("%d" in query and not at):
            return []
        parts = {"%s": key, "%u": local if at else key, "%d": name}
        for sign, value in parts.items():
            query = query.replace(sign, value.replace("'", "''"))
        return sorted(str(row[0]) for row in self.postfix.execute(query) if row[0] is not None)

    def find(self, query: str, address: str) -> list[str]:
        """As Postfix looks an address up: whole, without "+detail", its domain alone."""
        local, _, name = address.casefold().rpartition("@")
        tries = [f"{local}@{name}", f"{local.partition('+')[0]}@{name}", f"@{name}"]
        return next((found for each in tries if (found := self.ask(query, each))), [])

    def delivered(self, address: str) -> set[str]:
        """Where mail ends up: virtual_alias_maps until nothing new comes (cleanup(8))."""
        done: set[str] = set()
        ahead = [address]
        seen: set[str] = set()
        while ahead:
            one = ahead.pop()
            if one in seen:
                continue
            seen.add(one)
            found = self.find(lookups.ROUTES_QUERY, one)
            ahead += [target for target in found if target != one]
            done |= {one} if not found or one in found else set()
        return done

    def known(self, address: str) -> bool:
        """Whether smtpd takes mail for it: by its domain, and by what is listed."""
        if not self.ask(lookups.DOMAINS_QUERY, address.rpartition("@")[2]):
            return False
        return bool(self.find(lookups.ROUTES_QUERY, address) or self.find(lookups.MAILBOXES_QUERY, address))

    def login(self, query: str, user: str, service: str = "imap") -> list[dict[str, object]]:
        """As Dovecot: %Ln and %Ld are the name's parts, in ASCII lower case. What is NULL is not told."""
        local, _, name = user.rpartition("@")
        lower = {"%Ln": local, "%Ld": name, "%s": user if query == lookups.USER_QUERY else service}
        for sign, value in lower.items():
            small = "".join(letter.lower() if letter.isascii() else letter for letter in value)
            query = query.replace(sign, small.replace("'", "''"))
        cursor = self.dovecot.execute(query)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        return [{name: value for name, value in row.items() if value is not None} for row in rows]

    def user(self, name: str) -> list[dict[str, object]]:
        """As auth finds it itself, or else a worker."""
        return self.login(lookups.USER_QUERY, name) or self.login(lookups.SPELLED_QUERY, name)


def fill(database: sqlite3.Connection, owner: str, rows: Rows) -> None:
    for table, found in rows.items():
        for row in found:
            marks = ", ".join("?" * (len(row) + 1))
            database.execute(f"INSERT INTO {table} VALUES ({marks})", (owner, *row))


@pytest.fixture
def house() -> Daemons:
    return Daemons(
        domain(reserved=(Reserved("postmaster", f"info@{NAME}"), Reserved("abuse"))),
        mailbox(),
        mailbox(f"anna@{NAME}", forward_to=("anna@example.org", f"info@{NAME}"), keep_copy=True),
        mailbox(f"weg@{NAME}", forward_to=("weg@example.org",), keep_copy=False),
        AddressSpec(f"kontakt@{NAME}", "s000012", (f"info@{NAME}",), (f"info@{NAME}",)),
        AddressSpec(f"alle@{NAME}", "s000012", (f"info@{NAME}", f"anna@{NAME}", "x@example.org")),
    )


@pytest.mark.parametrize("name", [NAME, NAME.upper()])
def test_a_domain_is_found_in_any_case(house: Daemons, name: str) -> None:
    for address in (f"Info@{name}", f"info+shop@{name}", f"postmaster@{name}"):
        assert house.ask(lookups.REFUSED_QUERY, address) == []
    assert house.ask(lookups.REFUSED_QUERY, f"niemand@{name}") == ["550 5.1.1 User unknown"]
    assert house.ask(lookups.REFUSED_QUERY, "info@example.org") == []
    assert house.known(f"Info@{name}") and house.known(f"info+shop@{name}") and house.known(f"postmaster@{name}")
    assert not house.known(f"niemand@{name}") and not house.known("info@example.org")


def test_mail_arrives_where_it_should(house: Daemons) -> None:
    assert house.delivered(f"info@{NAME}") == {f"info@{NAME}"}
    assert house.delivered(f"info+shop@{NAME}") == {f"info+shop@{NAME}"}
    assert house.delivered(f"kontakt@{NAME}") == {f"info@{NAME}"}
    assert house.delivered(f"kontakt+a@{NAME}") == {f"info@{NAME}"}
    assert house.delivered(f"weg@{NAME}") == {"weg@example.org"}
    assert house.delivered(f"anna@{NAME}") == {f"anna@{NAME}", "anna@example.org", f"info@{NAME}"}
    assert house.delivered(f"alle@{NAME}") == {f"info@{NAME}", f"anna@{NAME}", "anna@example.org", "x@example.org"}
    assert house.delivered(f"postmaster@{NAME}") == {f"info@{NAME}"}
    assert house.delivered(f"abuse@{NAME}") == {f"postmaster@{HOST}"}


def test_a_catch_all_gets_only_what_is_left(house: Daemons) -> None:
    house.put(domain("andere.test", catch_all="info@andere.test", reserved=(Reserved("abuse"),)))
    house.put(mailbox("info@andere.test"))
    house.put(mailbox("eigen@andere.test"))
    assert house.delivered("irgendwer@andere.test") == {"info@andere.test"}
    assert house.delivered("irgendwer+x@andere.test") == {"info@andere.test"}
    assert house.ask(lookups.REFUSED_QUERY, "irgendwer+x@andere.test") == []
    assert house.delivered("+x@andere.test") == {"info@andere.test"}
    assert house.delivered("eigen@andere.test") == {"eigen@andere.test"}
    assert house.delivered("eigen+x@andere.test") == {"eigen+x@andere.test"}
    assert house.delivered("abuse@andere.test") == {f"postmaster@{HOST}"}
    assert not house.known(f"irgendwer@{NAME}")


def test_who_may_send_as_whom(house: Daemons) -> None:
    name = NAME
    assert house.find(lookups.SENDERS_QUERY, f"info@{name}") == [LOGIN]
    assert house.find(lookups.SENDERS_QUERY, f"Info+x@{name}") == [LOGIN]
    assert house.find(lookups.SENDERS_QUERY, f"kontakt@{name}") == [LOGIN]
    for nobody in ("alle", "postmaster", "niemand", ""):
        assert house.find(lookups.SENDERS_QUERY, f"{nobody}@{name}") == []


@pytest.mark.parametrize("user", [f"info@{NAME}", f"INFO@{NAME.upper()}", f"Info@{UMLAUT}"])
def test_people_sign_in_by_either_name(house: Daemons, user: str) -> None:
    (found,) = house.login(lookups.PASSWORD_QUERY, user)
    assert found == {
        "user": f"info@{NAME}", "password": PASSWORD, "userdb_home": f"/mail/s000012/{NAME}/info.00c0ffee",
        "userdb_uid": 1_000_012, "userdb_gid": 1_000_012, "userdb_quota_rule": "*:storage=500M",
    }  # fmt: skip
    (known,) = house.user(user)
    assert known == {name.removeprefix("userdb_"): value for name, value in found.items() if name != "password"}


@pytest.mark.parametrize("user", [f"kontakt@{NAME}", f"alle@{NAME}", "info", "@", f"x' OR '1'='1@{NAME}"])
def test_nobody_else_signs_in(house: Daemons, user: str) -> None:
    assert house.login(lookups.PASSWORD_QUERY, user) == [] == house.user(user)


def test_a_mailbox_without_a_password_has_no_login(house: Daemons) -> None:
    house.put(mailbox(f"betreiber@{NAME}", password=""))
    assert house.login(lookups.PASSWORD_QUERY, f"betreiber@{NAME}") == []
    assert len(house.login(lookups.USER_QUERY, f"betreiber@{NAME}")) == 1


def test_a_suspended_domain_refuses_mail() -> None:
    name = NAME
    reserved = (Reserved("postmaster", f"info@{NAME}"),)
    house = Daemons(
        domain(suspended=True, reserved=reserved), mailbox(), domain("andere.test"), mailbox("info@andere.test")
    )
    for address in (f"info@{name}", f"info+x@{name}", f"niemand@{name}"):
        assert house.ask(lookups.REFUSED_QUERY, address) == ["550 5.2.1 Mail for this address is suspended"]
        assert house.ask(lookups.TRANSPORTS_QUERY, address) == ["error:5.2.1 Mail for this address is suspended"]
    for key in (name, f"sub.{name}", "info@", f"info@sub.{name}"):
        assert house.ask(lookups.REFUSED_QUERY, key) == house.ask(lookups.TRANSPORTS_QUERY, key) == []
    for address in (f"postmaster@{name}", f"postmaster+x@{name}", "info@andere.test"):
        assert house.ask(lookups.REFUSED_QUERY, address) == []
        assert house.ask(lookups.TRANSPORTS_QUERY, address) == [DELIVERY]
    assert house.delivered(f"postmaster@{name}") == {f"postmaster@{HOST}"}  # nobody reads the mailbox


def test_of_a_suspended_domain_only_the_operator_is_reached() -> None:
    """Not a mailbox or a forward of the customer's that has the name of a reserved address, nor a catch-all."""
    house = Daemons(
        domain(suspended=True, reserved=(Reserved("abuse", f"info@{NAME}"),), catch_all=f"info@{NAME}"),
        mailbox(f"postmaster@{NAME}", forward_to=("x@example.org",)),
        AddressSpec(f"zwei@{NAME}", "s000012", (f"abuse@{NAME}",)),
    )
    for address in (f"postmaster@{NAME}", f"postmaster+x@{NAME}", f"zwei@{NAME}", f"any@{NAME}", f"@{NAME}"):
        assert house.ask(lookups.REFUSED_QUERY, address) == [f"550 5.2.1 {lookups.SUSPENDED_WORDS}"]
        assert house.ask(lookups.TRANSPORTS_QUERY, address) == [f"error:5.2.1 {lookups.SUSPENDED_WORDS}"]
    for address in (f"abuse@{NAME}", f"Abuse+x@{NAME}"):
        assert house.ask(lookups.REFUSED_QUERY, address) == []
        assert house.ask(lookups.TRANSPORTS_QUERY, address) == [DELIVERY]
        assert house.delivered(address) == {f"postmaster@{HOST}"}


@pytest.mark.parametrize("suspended", [False, True])
def test_before_all_rows_are_there_everybody_is_told_to_wait(suspended: bool) -> None:
    house = Daemons(domain(suspended=suspended), mailbox())
    house.postfix.execute("DELETE FROM filled")
    for address in (
        f"info@{NAME}",
        f"info+x@{NAME}",
        f"niemand@{NAME}",
        "x@example.org",
        "ä@example.org",
        '"a@b"@example.org',
    ):
        assert house.ask(lookups.REFUSED_QUERY, address) == [f"450 4.3.0 {lookups.WAITING_WORDS}"]
        assert house.ask(lookups.TRANSPORTS_QUERY, address) == [f"retry:4.3.0 {lookups.WAITING_WORDS}"]


def test_a_suspended_sender_is_nobodys() -> None:
    house = Daemons(domain(), mailbox(), AddressSpec("kontakt@andere.test", "s000012", (), (f"info@{NAME}",)))
    house.put(domain("andere.test"))
    assert house.find(lookups.SENDERS_QUERY, "kontakt@andere.test") == [LOGIN]
    for suspended in (NAME, "andere.test"):
        house.postfix.execute("UPDATE domains SET suspended = (name = ?)", (suspended,))
        assert house.find(lookups.SENDERS_QUERY, "kontakt@andere.test") == []
    assert house.find(lookups.SENDERS_QUERY, f"info@{NAME}") == [LOGIN]


@pytest.mark.parametrize("name", [NAME, UMLAUT])
def test_a_suspended_domain_closes_its_mailboxes(name: str) -> None:
    house = Daemons(domain(suspended=True), mailbox())
    assert house.login(lookups.PASSWORD_QUERY, f"info@{name}", "smtp") == []
    for service in ("imap", "pop3", "sieve"):
        (found,) = house.login(lookups.PASSWORD_QUERY, f"info@{name}", service)
        assert (found["nologin"], found["reason"]) == ("y", lookups.CLOSED_WORDS)
    assert len(house.user(f"info@{name}")) == 1  # what was accepted already has its place


@pytest.mark.parametrize("name", [NAME, UMLAUT])
def test_closed_mailboxes_take_mail_and_send_none(name: str) -> None:
    """Of all of a domain at once, as for a website that was broken into."""
    house = Daemons(domain(sign_in=False, catch_all=f"info@{NAME}"), mailbox())
    (found,) = house.login(lookups.PASSWORD_QUERY, f"info@{name}", "imap")
    assert found["nologin"] == "y" and house.login(lookups.PASSWORD_QUERY, f"info@{name}", "smtp") == []
    assert house.ask(lookups.LOGINS_QUERY, LOGIN) and house.find(lookups.SENDERS_QUERY, f"info@{NAME}") == []
    assert house.ask(lookups.FILTERS_QUERY, f"info@{NAME}") == []
    for address in (f"info@{NAME}", f"niemand@{NAME}"):
        assert house.ask(lookups.REFUSED_QUERY, address) == []
        assert house.ask(lookups.TRANSPORTS_QUERY, address) == [DELIVERY]


def test_a_domain_that_takes_no_mail_may_be_read_and_sends_none() -> None:
    house = Daemons(domain(suspended=True, sign_in=True), mailbox())
    (found,) = house.login(lookups.PASSWORD_QUERY, f"info@{NAME}", "imap")
    assert not found.get("nologin")
    assert house.ask(lookups.REFUSED_QUERY, f"info@{NAME}") == [f"550 5.2.1 {lookups.SUSPENDED_WORDS}"]
    assert house.find(lookups.SENDERS_QUERY, f"info@{NAME}") == []


@pytest.mark.parametrize("name", [NAME, UMLAUT])
def test_a_locked_mailbox_takes_mail_and_sends_none(name: str) -> None:
    house = Daemons(
        domain(),
        mailbox(locked=True),
        mailbox(f"anna@{NAME}"),
        AddressSpec(f"team@{NAME}", "s000012", (), (f"info@{NAME}",)),
    )
    for service in ("imap", "pop3", "sieve"):
        (found,) = house.login(lookups.PASSWORD_QUERY, f"info@{name}", service)
        assert (found["nologin"], found["reason"], found["password"]) == ("y", lookups.CLOSED_WORDS, PASSWORD)
    assert house.login(lookups.PASSWORD_QUERY, f"info@{name}", "smtp") == []
    assert house.ask(lookups.LOGINS_QUERY, LOGIN), "a session that is signed in already is sent away"
    assert LOGIN not in house.find(lookups.SENDERS_QUERY, f"info@{NAME}") + house.find(
        lookups.SENDERS_QUERY, f"team@{NAME}"
    )
    assert house.ask(lookups.FILTERS_QUERY, f"info@{NAME}") == [] != house.ask(lookups.FILTERS_QUERY, f"anna@{NAME}")
    assert house.ask(lookups.REFUSED_QUERY, f"info@{NAME}") == [] and house.delivered(f"info@{NAME}") == {
        f"info@{NAME}"
    }
    assert len(house.user(f"info@{name}")) == 1


@pytest.mark.parametrize("suspended", [False, True])
def test_a_domain_that_is_off_is_nobodys_here(suspended: bool) -> None:
    house = Daemons(
        domain(active=False, suspended=suspended, catch_all=f"info@{NAME}", reserved=(Reserved("abuse"),)), mailbox()
    )
    for address in (f"info@{NAME}", f"abuse@{NAME}", f"x@{NAME}"):
        assert not house.ask(lookups.DOMAINS_QUERY, address.rpartition("@")[2])
        assert house.delivered(address) == {address}
        assert house.ask(lookups.REFUSED_QUERY, address) == [] == house.ask(lookups.TRANSPORTS_QUERY, address)
    assert bool(house.login(lookups.PASSWORD_QUERY, f"info@{NAME}", "smtp")) is not suspended


@pytest.mark.parametrize("text", ["x'y", "x' OR 1=1 --", "%", "a%sb", "''"])
def test_quotes_in_keys_stay_in_them(house: Daemons, text: str) -> None:
    for query in (lookups.ROUTES_QUERY, lookups.MAILBOXES_QUERY, lookups.SENDERS_QUERY):
        assert house.ask(query, f"{text}@{NAME}") == [] == house.ask(query, f"info@{text}")
    assert house.ask(lookups.REFUSED_QUERY, f"{text}@{NAME}") == ["550 5.1.1 User unknown"]
    assert house.ask(lookups.TRANSPORTS_QUERY, f"{text}@{NAME}") == [DELIVERY]
    assert house.ask(lookups.REFUSED_QUERY, f"info@{text}") == [] == house.ask(lookups.TRANSPORTS_QUERY, f"info@{text}")
    assert house.ask(lookups.DOMAINS_QUERY, text) == []


LOCALS = st.sampled_from(["a", "b", "c", "d"])
FORWARDS = st.dictionaries(LOCALS, st.lists(LOCALS, max_size=3), max_size=4)


@given(FORWARDS, st.sets(LOCALS))
def test_mail_ends_at_mailboxes_or_elsewhere(forwards: Mapping[str, list[str]], boxes: set[str]) -> None:
    """Whatever leads where, expanding ends, and what is kept is kept in a mailbox that was on the way."""
    house = Daemons(domain("x.test"))
    for local in boxes:
        targets = tuple(f"{each}@x.test" for each in forwards.get(local, ()))
        house.put(mailbox(f"{local}@x.test", forward_to=targets))
    for local in set(forwards) - boxes:
        house.put(AddressSpec(f"{local}@x.test", "s000012", tuple(f"{each}@x.test" for each in forwards[local])))
    for local in boxes:
        assert f"{local}@x.test" in house.delivered(f"{local}@x.test")


SPECS = st.one_of(
    st.builds(
        domain,
        st.sampled_from(["x.test", NAME]),
        active=st.booleans(),
        suspended=st.booleans(),
        sign_in=st.booleans(),
        catch_all=st.sampled_from(["", "a@x.test"]),
        reserved=st.sampled_from([(), (Reserved("abuse"),), (Reserved("abuse", "a@x.test"),)]),
    ),
    st.builds(
        mailbox,
        st.sampled_from(["a@x.test", "b@x.test", "abuse@x.test", f"a@{NAME}"]),
        forward_to=st.sampled_from([(), ("x@example.org",), ("x@example.org", "b@x.test")]),
        keep_copy=st.booleans(),
    ),
    st.builds(AddressSpec, st.just("c@x.test"), st.just("s000012"), st.just(("a@x.test", "x@example.org"))),
)


@given(st.lists(SPECS, max_size=6, unique_by=lambda spec: getattr(spec, "address", None) or spec.name), st.booleans())
def test_short_questions_say_what_the_long_ones_say_or_nothing(
    specs: list[DomainSpec | MailboxSpec | AddressSpec], filled: bool
) -> None:
    house = Daemons(*specs)
    if not filled:
        house.postfix.execute("DELETE FROM filled")
    for local in ("a", "a+shop", "b", "c", "c+a", "abuse", "abuse+a", "nobody", ""):
        for address in (f"{local}@x.test", f"{local}@{NAME}", f"{local}@example.org"):
            assert house.ask(lookups.DOUBTFUL_QUERY, address) or not house.ask(lookups.REFUSED_QUERY, address)
            here, direct = house.ask(lookups.HERE_QUERY, address), house.ask(lookups.DIRECT_QUERY, address)
            assert not here or here == house.ask(lookups.TRANSPORTS_QUERY, address)
            assert not direct or sorted(set(direct)) == house.ask(lookups.ROUTES_QUERY, address)


def test_most_mail_is_answered_by_the_short_questions(house: Daemons) -> None:
    for local in ("info", "anna", "weg", "kontakt", "abuse"):
        address = f"{local}@{NAME}"
        assert house.ask(lookups.DOUBTFUL_QUERY, address) == []
        assert house.ask(lookups.HERE_QUERY, address) == [DELIVERY]
        assert house.ask(lookups.DIRECT_QUERY, address) == house.ask(lookups.ROUTES_QUERY, address)


@pytest.fixture(scope="module")
def crowded() -> Iterator[Daemons]:
    house = Daemons()
    for number in range(500):
        house.put(domain(f"kunde{number}.test"))
        house.put(mailbox(f"info@kunde{number}.test"))
    yield house


def test_every_query_goes_by_an_index(crowded: Daemons) -> None:
    queries = [getattr(lookups, name) for name in dir(lookups) if name.endswith("_QUERY") and name != "ITERATE_QUERY"]
    assert len(queries) == 14
    for query in queries:
        database = crowded.dovecot if "%L" in query or query == lookups.USER_QUERY else crowded.postfix
        steps = [str(row[3]) for row in database.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert steps and not [step for step in steps if step.startswith("SCAN ") and step != "SCAN CONSTANT ROW"], query
