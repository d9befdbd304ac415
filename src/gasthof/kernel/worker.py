"""Jobs of the worker: the house's own work, whose queries see everybody's rows."""

from collections.abc import Callable
from typing import Any

from procrastinate import App

from gasthof.kernel import rows
from gasthof.kernel.permissions import SYSTEM


def ready(app: App) -> None:
    """Procrastinate calls this once it has found all jobs (settings.PROCRASTINATE_ON_APP_READY)."""
    around = app.worker_defaults.get("task_middleware", [])  # its own look after Django's connections
    app.worker_defaults["task_middleware"] = [*around, for_the_house]


def for_the_house(job: Callable[[], Any], *_: Any) -> Any:
    """Around each job. It holds no transaction: a job may take long, and has those that it opens itself."""
    with rows.by_default(SYSTEM):
        return job()
