"""Why a service stands where it stands, in words: a sentence for each code of rules.facts.Reason."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gasthof.kernel.amounts import amount
from gasthof.slices.lifecycle.rules.facts import Reason

SENTENCES = {
    "free": _("It costs nothing and has no end."),
    "alone": _("It belongs to no other service, and has no end."),
    "follows": _("It follows the service that it belongs to, which is: %(phase)s."),
    "paid": _("It is paid until the day before %(until)s."),
    "unpriced": _(
        "Nobody has said yet what it costs. Until somebody does, the day from which it has to be paid is put off."
    ),
    "ahead_of_expiry": _("It is not renewed, and its registry closes the way to do so before it expires on %(day)s."),
    "unpaid": _("It has not been paid since %(since)s: %(days)s."),
    "ended": _("It ended on %(day)s. No payment brings it back."),
    "terminated": _("It ended on %(day)s, as %(by)s wished."),
    "kept_for_case": _("It would have been deleted by now; it is kept since a case is open."),
    "no_notice": _("It would have been deleted by now; that has to wait, since no notice was delivered."),
    "notice_too_young": _(
        "It would have been deleted by now; the notice was delivered so late that it is kept until %(day)s."
    ),
    "end_waits": _("Its end is due, and waits until somebody has looked at it. Until then all of it is there."),
    "registry_closed": _("Its registry renews it no more since %(day)s. Paying does not bring it back."),
    "hold_abuse": _("It is closed for a breach of the terms. Paying does not open it."),
    "hold_legal": _("It is closed by law. Nothing of it is deleted."),
    "hold_security": _("It is locked for safety until the cause is mended."),
    "hold_registry": _("Its registry has locked it."),
    "hold_staff": _("It is closed by the house."),
    "registry_date_impossible": _("The registry gives a date that cannot be, %(day)s; nothing was changed by it."),
    "registry_date_earlier": _("At the registry it expires already on %(day)s."),
}
PHASES = {
    "active": _("in service"),
    "suspended": _("suspended"),
    "locked": _("served, but locked"),
    "protected": _("expired, still in the zone"),
    "out_of_zone": _("expired, out of the zone"),
    "frozen": _("expired and frozen"),
    "renewable": _("expired, renewable at the usual price"),
    "quarantine": _("in quarantine at the registry"),
    "pending_delete": _("about to be deleted by the registry"),
    "deleted": _("deleted"),
    "released": _("released"),
    "erased": _("deleted for good"),
}
TYPES = {
    "domain": _("Domain"),
    "dns": _("DNS hosting"),
    "hosting": _("Web hosting"),
    "hosting_mail": _("Mail of the hosting"),
    "multihosting": _("Multihosting"),
    "subserver": _("Subserver"),
    "builder": _("Website builder"),
    "mail": _("E-mail package"),
    "shop": _("E-shop"),
    "vms": _("Managed server"),
    "vps": _("Virtual server"),
    "aps": _("Application server"),
    "server_mail": _("Mail of the server"),
    "backup_storage": _("Backup storage"),
}
FEES = {
    "unlock": _("Unlocking fee"),
    "tld_unlock": _("The registry’s unlocking fee"),
    "restore": _("Restoration"),
    "restore_subserver": _("Restoration of a subserver"),
    "restore_mail": _("Restoration of mail"),
    "registry": _("The registry’s fee for restoration"),
    "licence": _("Licence, bought again"),
}
LOST = {  # capabilities, once they are gone
    "served": _("It is not reachable."),
    "mail_delivered": _("No mail is accepted: senders get it back."),
    "sign_in": _("Nobody can sign in to mailboxes, editor or machine."),
    "edit": _("Settings cannot be changed."),
    "dns_served": _("Its names are not answered any more."),
    "transfer": _("It cannot be moved to another provider."),
    "renewable": _("It cannot be renewed at the usual price."),
    "renewable_by_fee": _("It cannot be renewed any more."),
    "restorable": _("Nothing can be restored any more."),
}
GAINED = {
    "served": _("It is reachable."),
    "mail_delivered": _("Mail is accepted."),
    "sign_in": _("Signing in works."),
    "edit": _("Settings can be changed."),
    "renewable_by_fee": _("It can be renewed for a fee."),
    "restorable": _("What was saved can be restored."),
}
KEPT = {
    "website": _("website"),
    "databases": _("databases"),
    "mail": _("mail"),
    "contacts": _("contacts"),
    "image": _("image of the machine"),
    "records": _("DNS records"),
    "subservers": _("subservers"),
    "backup_storage": _("backup storage"),
}
CONDITIONS = {  # of machines: what is off with them, and how they come back
    "powered_off": _("It is powered off."),
    "all_off": _("It is powered off, and with it the mail services and the backup storage that were ordered with it."),
    "as_image": _(
        "It is restored as a whole from its image, and only onto a server that was ordered and paid anew, of the same or a higher class. Ask first whether there is an image: that is the rule, and not guaranteed."
    ),
    "licence_released": _("Its licence is given back, and is bought again when it is restored."),
}
LOSES = _("Not saved, and lost for good: %(what)s.")
WHAT = {  # events
    "phase": _("From now on: %(value)s"),
    "paid": _("Paid until the day before %(value)s"),
    "paid_back": _("The payment was given back: paid until the day before %(value)s"),
    "put_off": _("Nobody had said what it costs: it has to be paid from %(value)s on, and not earlier"),
    "noticed": _("The notice of its deletion was delivered"),
    "hold": _("Closed: %(value)s"),
    "lifted": _("Hold lifted: %(value)s"),
    "closed": _("Not served from now on"),
    "opened": _("Served again"),
    "fee": _("It is known what this costs: %(value)s"),
    "linked": _("Belongs to %(value)s from now on"),
    "termination": _("Its end was wished for, for %(value)s"),
    "restored": _("Restored as service %(value)s"),
    "image": _("The image of service %(value)s was put onto it"),
    "revoked": _("The wish for its end was taken back"),
    "policy": _("Goes by version %(value)s of the policy from now on"),
}
WORK = {  # what is to be done
    "open": _("Open it"),
    "suspend": _("Suspend it"),
    "delete": _("Save and delete it"),
    "erase": _("Delete what was saved of it"),
    "lock": _("Lock it"),
    "take_out": _("Take it out of the zone"),
    "quarantine": _("Put it in quarantine"),
    "release": _("Give it back to its registry"),
    "renew": _("Renew it at its registry"),
    "bring_back": _("Bring back what was saved"),
    "release_licence": _("Give its licence back"),
    "buy_licence": _("Buy its licence again"),
    "note": _("Note it"),
}
NOTICES = {
    "renewal_due": _("that the renewal is due"),
    "last_days": _("last days"),
    "closed": _("that it is closed"),
    "fee_from_now": _("a fee from now on"),
    "deletion_near": _("that the deletion is near"),
    "deletion_tomorrow": _("deletion on the next day"),
}
CAN = {
    "served": _("reachable"),
    "mail_delivered": _("mail is accepted"),
    "sign_in": _("signing in"),
    "edit": _("settings"),
    "dns_served": _("names are answered"),
    "transfer": _("moving to another provider"),
    "renewable": _("renewable at the usual price"),
    "renewable_by_fee": _("renewable for a fee"),
    "restorable": _("restorable"),
}
KEYS = {  # of a policy
    "notice_days": _("Least age of a delivered notice before time deletes anything"),
    "currency": _("Currency"),
    "fee": _("Fee"),
    "entry": _("Own entry"),
    "notices": _("Notices"),
    "archive": _("Kept after the end"),
    "licence_released": _("Licence given back"),
    "registry_clock": _("Clock of the registry"),
    "follows": _("Follows what it belongs to"),
    "classes": _("Classes, the lowest first"),
}
HOLDS = {
    "abuse": _("breach of the terms"),
    "legal": _("by law"),
    "security": _("for safety"),
    "registry": _("by its registry"),
    "staff": _("by the house"),
}
PARKED = {
    "restored_database": _("The database is an older one than was swept last. Nothing was done."),
    "clock_backwards": _("The business clock went backwards. Nothing was done."),
    "clock_jump": _("The business clock jumped by more than a month. Nothing was done."),
    "many_ends": _("Far more services than usual would end. They wait; all else was done."),
}


LOCKS = {  # events of what is served on, whatever is closed
    "closed": _("Locked from now on, and served"),
    "opened": _("Can be changed again"),
}


def days(count: int) -> str:
    return gettext("1 day") if count == 1 else gettext("%(days)d days") % {"days": count}


def in_words(reason: Reason) -> str:
    """In the reader's language. Who put a hold on is in the audit trail."""
    values = {name: _shown(name, value) for name, value in reason.values}
    said = str(SENTENCES[reason.code]) % values
    about = gettext("Case %(case)s.")
    return f"{said} {about % values}" if values.get("case") else said


def happened(what: str, value: str, *, served: bool = False) -> str:
    """An event, in the reader's language. `served`: of a service that goes on being served whatever closes it."""
    if what in ("paid", "paid_back", "put_off", "termination", "revoked", "noticed"):
        value = date_format(date.fromisoformat(value), "DATE_FORMAT")
    elif what == "fee":
        key, cents, currency = value.rsplit(":", 2)
        value = f"{FEES.get(key, key)} {amount(int(cents), currency)}"
    else:
        value = str((PHASES | HOLDS).get(value, value))
    said = LOCKS.get(what, WHAT[what]) if served else WHAT[what]
    return str(said) % {"value": value}


def _shown(name: str, value: object) -> object:
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if name == "days" and isinstance(value, int):
        return days(value)
    return PHASES[value] if name == "phase" and isinstance(value, str) else value
