"""What subscriptions teach the agent."""

from gasthof.agent.kinds import Kind
from gasthof.slices.subscriptions.node.facts import gather, present
from gasthof.slices.subscriptions.node.plan import plan
from gasthof.slices.subscriptions.spec import HomeSpec

KINDS = (
    Kind(
        name="subscriptions.home",
        spec=HomeSpec,
        version=1,
        rank=10,
        scope=lambda spec: str(spec.name),
        gather=gather,
        plan=plan,
        present=present,
    ),
)
