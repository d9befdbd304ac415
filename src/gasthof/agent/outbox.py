"""What the agent still has to tell: reports, which are told in any case, and findings, which are told when they changed."""

from collections.abc import Iterable, Sequence

import msgspec

from gasthof.agent.store import Store
from gasthof.agent.wire import Finding, Report

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


def plain(words: str) -> str:
    """Fit to be stored and shown, and no longer than may be said."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in words[:LONGEST_WORDS])


def _json(one: Finding) -> str:
    return msgspec.json.encode(one.values, order="deterministic").decode()
