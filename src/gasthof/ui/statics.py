"""Files that a browser loads: gathered by `up` into one folder, each also under a name that holds its digest."""

import shutil
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage

SHEETS = (
    "normalize.css/normalize.css",
    "ui/tokens.css",
    "ui/shell.css",
    "ui/parts.css",
    "ui/forms.css",
    "ui/lists.css",
    "ui/records.css",
)
SCRIPTS = ("django_htmx/htmx-2.min.js", "ui/ui.js", "ui/passwords.js")


class HashedFiles(ManifestStaticFilesStorage):
    """Where nothing has been gathered, as in tests, plain names: Django serves those from where they lie."""

    def url(self, name: str | None, force: bool = False) -> str:
        if not self.hashed_files:
            return StaticFilesStorage.url(self, name)
        return super().url(name or "", force)


def gather(target: Path) -> int:
    """A whole folder or none; how many files."""
    fresh, old = target.with_name(target.name + ".new"), target.with_name(target.name + ".old")
    shutil.rmtree(fresh, ignore_errors=True)
    storage = HashedFiles(location=str(fresh), file_permissions_mode=0o644, directory_permissions_mode=0o755)
    found = {path: (storage, path) for path in _copied(storage)}
    for _, _, outcome in storage.post_process(found):
        if isinstance(outcome, Exception):
            raise outcome
    fresh.chmod(0o755)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return len(found)


def _copied(storage: HashedFiles) -> list[str]:
    """The first finder that has a name wins, as when Django serves it."""
    names: list[str] = []
    for finder in get_finders():
        for path, source in finder.list([]):
            name = str(Path(getattr(source, "prefix", None) or "") / path)
            if name not in names:
                with source.open(path) as file:
                    storage.save(name, file)
                names.append(name)
    return names
