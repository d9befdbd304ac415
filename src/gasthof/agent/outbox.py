"""What the agent still has to tell: reports, which are told in any case, and findings, which are told when they changed."""

from collections.abc import Iterable, Sequence

import msgspec

from gasthof.agent.store import Store
from gasthof.agent.wire import Finding, FixtureDrift, Report

LONGEST_WORDS = 4000  # characters, as reports may carry


class Outbox(Store):
    """Part of the journal."""

    SCHEMA = (
        Store.SCHEMA
        + """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS finding (
    kind TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL,
    found TEXT NOT NULL,        -- JSON; what was measured last
    told INTEGER NOT NULL,      -- whether the control plane has this
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fixture (
    name TEXT PRIMARY KEY,
    wanted TEXT NOT NULL,       -- Plan.wanted when all of it was in place last; "": drift was noted since
    words TEXT                  -- drift that is still to be told
);
CREATE INDEX IF NOT EXISTS finding_untold ON finding (kind, key) WHERE NOT told;
"""
    )

    def _tell(self, report: Report) -> None:
        one = (report.kind, report.key, report.revision, report.state, plain(report.words))
        self.db.execute(
            "DELETE FROM outbox WHERE kind = ? AND key = ? AND (state = 'drift') = (? = 'drift')",
            (report.kind, report.key, report.state),
        )
        self.db.execute("INSERT INTO outbox (kind, key, revision, state, words) VALUES (?, ?, ?, ?, ?)", one)

    def untold(self, limit: int) -> list[tuple[int, Report]]:
        """The oldest reports not yet delivered, with their number in the outbox."""
        query = "SELECT id, kind, key, revision, state, words FROM outbox ORDER BY id LIMIT ?"
        return [(number, Report(*report)) for number, *report in self.db.execute(query, (limit,))]

    def told(self, reports: Iterable[tuple[int, Report]]) -> None:
        """Delivered: out of the outbox, and tombstones that have served with it."""
        with self._writing():
            for number, report in reports:
                self.db.execute("DELETE FROM outbox WHERE id = ?", (number,))
                self.db.execute(
                    "DELETE FROM object WHERE kind = ? AND key = ? AND revision = ? AND spec IS NULL AND state = 'live'",
                    (report.kind, report.key, report.revision),
                )

    def note_findings(self, found: Sequence[Finding]) -> None:
        """What was measured; nothing is written of what is known already. Objects of revision 0 are nobody's."""
        new = [(one.kind, one.key, one.revision, _json(one)) for one in found if one.revision and self._is_news(one)]
        if new:
            with self._writing():
                self.db.executemany("INSERT OR REPLACE INTO finding VALUES (?, ?, ?, ?, 0)", new)

    def _is_news(self, one: Finding) -> bool:
        query = "SELECT revision, found FROM finding WHERE kind = ? AND key = ?"
        return bool(self.db.execute(query, (one.kind, one.key)).fetchone() != (one.revision, _json(one)))

    def untold_findings(self, limit: int) -> list[Finding]:
        """Those of objects that are wanted still, and as they were when it was measured."""
        query = """SELECT f.kind, f.key, f.revision, f.found FROM finding f
            JOIN object o ON o.kind = f.kind AND o.key = f.key AND o.revision = f.revision AND o.spec IS NOT NULL
            WHERE NOT f.told LIMIT ?"""
        rows = self.db.execute(query, (limit,)).fetchall()
        return [Finding(kind, key, revision, msgspec.json.decode(found)) for kind, key, revision, found in rows]

    def told_findings(self, found: Sequence[Finding]) -> None:
        """Delivered. What was measured anew meanwhile is not."""
        query = "UPDATE finding SET told = 1 WHERE kind = ? AND key = ? AND revision = ? AND found = ?"
        if found:
            with self._writing():
                self.db.executemany(query, [(one.kind, one.key, one.revision, _json(one)) for one in found])

    def fixture_in_place(self, name: str, wanted: str) -> None:
        """All that this fixture wants is there."""
        if self._fixture_wanted(name) != wanted:
            query = "INSERT INTO fixture VALUES (?, ?, NULL) ON CONFLICT (name) DO UPDATE SET wanted = excluded.wanted"
            with self._writing():
                self.db.execute(query, (name, wanted))

    def note_fixture(self, name: str, wanted: str, words: str) -> bool:
        """What differs from what a fixture wants: drift to be told, if all of the same was in place before. Noted once."""
        if not wanted or self._fixture_wanted(name) != wanted:
            return False
        with self._writing():
            self.db.execute("UPDATE fixture SET wanted = '', words = ? WHERE name = ?", (plain(words), name))
        return True

    def _fixture_wanted(self, name: str) -> str:
        row = self.db.execute("SELECT wanted FROM fixture WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def untold_fixtures(self) -> list[FixtureDrift]:
        query = "SELECT name, words FROM fixture WHERE words IS NOT NULL ORDER BY name"
        return [FixtureDrift(*row) for row in self.db.execute(query)]

    def told_fixtures(self, told: Sequence[FixtureDrift]) -> None:
        """Delivered. What was noted anew meanwhile is not."""
        if told:
            with self._writing():
                query = "UPDATE fixture SET words = NULL WHERE name = ? AND words = ?"
                self.db.executemany(query, [(one.fixture, one.words) for one in told])


def plain(words: str) -> str:
    """Fit to be stored and shown, and no longer than may be said."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in words[:LONGEST_WORDS])


def _json(one: Finding) -> str:
    return msgspec.json.encode(one.values, order="deterministic").decode()
