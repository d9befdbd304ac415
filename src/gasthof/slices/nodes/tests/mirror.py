"""What an agent does with the protocol, and no more: the tests' measure of what a node would end up with."""

from dataclasses import dataclass, field, replace
from typing import Literal

from gasthof.agent.link import Link
from gasthof.agent.wire import Answer, Batch, Change, NodeReport, Position, Report, bucket_of, object_digest

Key = tuple[str, str]


@dataclass
class Mirror:
    """`objects`, `position` and `listed` are the journal: they change together, in `take`."""

    link: Link
    position: Position = field(default_factory=Position)
    objects: dict[Key, Change] = field(default_factory=dict)
    listed: set[Key] | None = None  # while a whole listing goes on

    def take(self, batch: Batch) -> None:
        if batch.parked:
            return
        if batch.full:
            self.listed = set()
        for change in batch.changes:
            self.objects[change.kind, change.key] = change
        if self.listed is not None:
            self.listed |= {(change.kind, change.key) for change in batch.changes}
            if not batch.more:
                self.objects = {key: self.objects[key] for key in self.listed}
                self.listed = None
        self.position = batch.position

    def pull(self) -> list[Change]:
        """All there is to fetch."""
        taken: list[Change] = []
        while True:
            batch = self.link.changes(self.position)
            self.take(batch)
            taken += batch.changes
            if not batch.more:
                return taken

    def say(
        self, *changes: Change, state: Literal["live", "failed", "drift"] = "live", words: str = "", **more: object
    ) -> Answer:
        """Report on these; what a tombstone stood for is forgotten when it is live."""
        reports = tuple(Report(each.kind, each.key, each.revision, state, words) for each in changes)
        answer = self.link.report(replace(NodeReport(reports, position=self.position), **more))  # type: ignore[arg-type]
        for each in changes:
            if each.spec is None and state == "live":
                self.objects.pop((each.kind, each.key), None)
        return answer

    def specs(self) -> dict[Key, str]:
        return {key: change.spec for key, change in self.objects.items() if change.spec is not None}

    def digests(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for (kind, key), change in self.objects.items():
            if change.spec is not None:
                bucket = str(bucket_of(kind, key))
                found[bucket] = found.get(bucket, 0) ^ object_digest(kind, key, change.spec_version, change.spec)
        return found
