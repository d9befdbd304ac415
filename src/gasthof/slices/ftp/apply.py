"""The part of a file (docs/apply.md) that says who transfers files."""

from collections.abc import Iterator

from gasthof.kernel.refusal import Refused
from gasthof.kernel.sheet import Sheet, Step
from gasthof.slices.ftp import rules
from gasthof.slices.ftp.queries import users_of
from gasthof.slices.ftp.values import FtpName
from gasthof.slices.subscriptions.queries import Subscription


def apply(sheet: Sheet, subscription: Subscription, prune: bool) -> Iterator[Step]:
    """Hook."""
    system_name = subscription.system_name
    there = {user.name: user for user in users_of(subscription)}
    wanted = sheet.named("ftp", FtpName.parse)
    for name, inner in wanted:
        user = there.get(name)
        changed = inner.differing("ftp.change_user", ("directory",), {"directory": user.directory} if user else {})
        if user is None:
            if not changed:
                raise inner.wrong(Refused("“%(key)s” is needed here.", key="directory"))
            new = {"subscription": system_name, "name": str(name), "password": inner.password(), **changed}
            yield Step("ftp.add_user", new, inner.line)
            continue
        inner.keeps_password()
        if changed:
            yield Step("ftp.change_user", {"user": rules.login(system_name, name), **changed}, inner.line)
    if prune:
        for gone in sorted(there.keys() - {str(name) for name, _ in wanted}):
            yield Step("ftp.remove_user", {"user": rules.login(system_name, gone)}, sheet.line, removes=True)
