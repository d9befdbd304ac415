"""What databases teach the agent: databases, their users, and the two servers that hold them."""

from gasthof.agent.kinds import Fixture, Kind
from gasthof.slices.databases.node import facts, plan
from gasthof.slices.databases.node.services import SERVICES
from gasthof.slices.databases.spec import DatabaseSpec, UserSpec

__all__ = ["FIXTURES", "KINDS", "SERVICES"]

KINDS = (
    Kind(
        "databases.database",
        DatabaseSpec,
        1,
        70,
        lambda spec: str(spec.subscription),
        facts.databases,
        plan.database,
        facts.present_databases,
        facts.findings,
    ),
    Kind(
        "databases.user",
        UserSpec,
        1,
        80,
        lambda spec: str(spec.subscription),
        facts.users,
        plan.user,
        facts.present_users,
    ),
)
FIXTURES = (Fixture("databases.servers", facts.servers, plan.servers),)
