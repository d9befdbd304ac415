"""Work with registries: what was asked, what they tell, and the nightly look."""

from procrastinate.contrib.django import app

from gasthof.kernel.clock import SystemClock
from gasthof.slices.registrar import journal, reading
from gasthof.slices.registrar.drivers import driver_for, every_driver
from gasthof.slices.registrar.models import Registration


@app.task(name=journal.JOB)
def carry_out(registration: int) -> None:
    row = Registration.objects.filter(pk=registration).first()
    if row:
        journal.carry_out(row.pk, driver_for(row.name), SystemClock())


@app.periodic(cron="* * * * *")
@app.task(name="registrar.resume", queueing_lock="registrar.resume")
def resume(timestamp: int) -> None:
    """What waits for another try, or lost its job. `timestamp` is the minute it was due at, as below."""
    for registration in journal.due_registrations(SystemClock().now()):
        app.configure_task(journal.JOB).defer(registration=registration)


@app.periodic(cron="*/5 * * * *")
@app.task(name="registrar.poll", queueing_lock="registrar.poll")
def poll(timestamp: int) -> None:
    for driver in every_driver():
        reading.poll(driver, SystemClock())


@app.periodic(cron="23 2 * * *")
@app.task(name="registrar.reconcile", queueing_lock="registrar.reconcile")
def reconcile(timestamp: int) -> None:
    reading.reconcile(driver_for, SystemClock())
