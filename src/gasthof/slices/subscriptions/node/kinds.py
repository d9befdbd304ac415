"""What subscriptions teach the agent."""

from gasthof.agent.kinds import Kind
from gasthof.slices.subscriptions.node import transfers
from gasthof.slices.subscriptions.node.facts import gather, present
from gasthof.slices.subscriptions.node.plan import plan
from gasthof.slices.subscriptions.node.service import sizes
from gasthof.slices.subscriptions.node.service import transfers as service
from gasthof.slices.subscriptions.spec import HomeSpec, TransferSpec

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
        findings=sizes,
    ),
    Kind(
        name="subscriptions.transfer",
        spec=TransferSpec,
        version=1,
        rank=1000,  # after all that contents are loaded into
        scope=lambda spec: str(spec.subscription),
        gather=transfers.gather,
        plan=transfers.plan,
        present=transfers.present,
        findings=transfers.findings,
    ),
)
SERVICES = {transfers.SERVICE: service}
