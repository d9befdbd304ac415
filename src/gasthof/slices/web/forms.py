"""Forms about websites and protected directories."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from gasthof.kernel.refusal import FieldError
from gasthof.slices.web import rules
from gasthof.ui.fields import Choice, Secret, Switch, Text, VerbField
from gasthof.ui.forms import VerbForm

PATH: dict[str, Any] = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class Hosting(VerbForm):
    verb = "web.change_site"
    whole = True
    docroot = Text(
        _("Document root"), help_text=_("The folder that the website shows, below web/. It is made if it is not there."), **PATH
    )  # fmt: skip
    preferred = Choice(
        _("Preferred host name"), help_text=_("Visitors who come by another name are led to this one.")
    )  # fmt: skip
    https_redirect = Switch(
        _("Lead visitors to https"), help_text=_("Whoever comes by http:// is led to the encrypted address.")
    )
    front_controller = Switch(
        _("Front controller"),
        help_text=_("What is no file is answered by index.php: WordPress, Symfony, Laravel and others need this."),
    )


class Alias(VerbForm):
    verb = "web.add_alias"
    name = Text(
        _("Further name"), help_text=_("A host name that shows the same website, with umlauts or as xn--…"), **PATH
    )


class Subdomain(VerbForm):
    """Two verbs: the domain is added, then its website is pointed at the directory."""

    verb = "domains.add"
    name = Text(_("Name"), **PATH)

    def __init__(self, parent: str, data: Mapping[str, Any] | None, fixed: Mapping[str, object]) -> None:
        super().__init__(data, fixed=fixed, initial={"docroot": f"{rules.ROOT}/"})
        name = self.fields["name"]
        assert isinstance(name, Text)
        name.after = f".{parent}"
        docroot = Text(_("Directory"), help_text=_("Any below web/, also that of another website."), **PATH)
        docroot.needed = True
        self.fields["docroot"] = docroot

    def typed(self, name: str) -> str:
        self.errors  # noqa: B018 - reads the fields
        return str(self.cleaned_data.get(name) or "").strip()


ERRORS = {
    "32767": _("all"), "30719": _("all but strict standards"), "24575": _("all but outdated functions"),
    "22527": _("all but outdated functions and strict standards"),
    "30711": _("all but notices and strict standards"), "1": _("fatal errors only"), "0": _("none"),
}  # fmt: skip
MEANINGS = {
    "memory_limit": _("how much memory a page may use at most, such as 256M"),
    "max_execution_time": _("how many seconds a page may compute at most"),
    "max_input_time": _("how many seconds reading what a visitor sends may take"),
    "upload_max_filesize": _("how large an uploaded file may be, such as 64M"),
    "post_max_size": _("how large a whole form with its files may be; at least as large as an uploaded file"),
    "max_file_uploads": _("how many files a form may send at once"),
    "max_input_vars": _("how many fields a form may have; large menus and shops need more"),
    "date.timezone": _("the time zone that dates are shown in, such as Europe/Berlin"),
    "default_charset": _("the character set that pages say they are written in"),
    "display_errors": _("show errors to visitors: while developing only"),
    "log_errors": _("write errors to logs/php/php-error.log"),
    "error_reporting": _("which errors are shown and written down"),
    "output_buffering": _("how many bytes are gathered before they are sent; 0 sends at once"),
    "zlib.output_compression": _("let PHP compress pages itself"),
    "short_open_tag": _("understand <? as well as <?php"),
    "session.gc_maxlifetime": _("after how many seconds an unused session is forgotten"),
    "session.cookie_httponly": _("hide the session’s cookie from scripts"),
    "session.cookie_secure": _("send the session’s cookie by https only"),
    "session.cookie_samesite": _("whether the session’s cookie goes along when another website leads here"),
}


class Php(VerbForm):
    """Version and each setting of the safe list, which is what its rule allows."""

    verb = "web.change_site"
    php = Switch(_("Run PHP"), help_text=_("Without it, files are only handed out."))
    php_version = Choice(_("PHP version"), help_text=_("Those that the server offers."))

    def __init__(self, data: Mapping[str, Any] | None, **how: Any) -> None:
        super().__init__(data, **how)
        for name, meaning in MEANINGS.items():
            self.fields[_field(name)] = setting(name, meaning)

    def given(self) -> dict[str, object]:
        """A value that is the default's is no change of one's own."""
        typed = {name: self._said(name) for name in MEANINGS}
        chosen = {
            name: "" if _plain(name, text) == rules.PHP_SETTINGS[name].default else text for name, text in typed.items()
        }
        return {**super().given(), "php_settings": chosen}

    def _said(self, name: str) -> str:
        field = self.fields[_field(name)]
        assert isinstance(field, VerbField)
        return str(field.said(self.cleaned_data.get(_field(name)))).strip()

    def _show(self, error: FieldError) -> None:
        name, _, part = error.field.partition(".")
        own = _field(part)
        super()._show(FieldError(own, error.message) if name == "php_settings" and own in self.fields else error)


def _plain(name: str, text: str) -> str:
    return {"yes": "1", "no": "0"}.get(text, text) if isinstance(rules.PHP_SETTINGS[name], rules.Switch) else text


def _field(name: str) -> str:
    """As a name in HTML; no setting has two underscores."""
    return f"set-{name.replace('.', '__')}"


def setting(name: str, meaning: Any) -> VerbField:
    """A field for what the rule of the safe list allows."""
    rule = rules.PHP_SETTINGS[name]
    field: VerbField
    if isinstance(rule, rules.Choice):
        labels = ERRORS if name == "error_reporting" else {}
        field = Choice(
            name, choices=[(each, labels.get(each, each)) for each in rule.choices], help_text=meaning, narrow=True
        )
    elif isinstance(rule, rules.Switch):
        field = Switch(name, help_text=meaning)
    else:
        field = Text(name, help_text=meaning, narrow=True, **PATH)
    field.needed = True
    return field


def initial_settings(changed: Mapping[str, str]) -> dict[str, Any]:
    """Of each field what is in force."""
    return {_field(name): value for name, value in rules.php_settings(changed).items()}


class Protect(VerbForm):
    verb = "web.protect"
    path = Text(_("Directory"), help_text=_("web or below it, such as web/bäckerei-müller.de/intern"), **PATH)
    title = Text(
        _("Title"), help_text=_("What the browser says when it asks for a name and a password."), autocomplete="off"
    )


class RenameDirectory(VerbForm):
    verb = "web.protect"
    title = Text(_("Title"), autocomplete="off")


class AddProtectedUser(VerbForm):
    verb = "web.add_protected_user"
    name = Text(_("User name"), **PATH)
    password = Secret(_("Password"))


class ChangeProtectedUser(VerbForm):
    verb = "web.change_protected_user"
    password = Secret(_("New password"))
