"""Routes of services."""

from django.urls import path

from gasthof.slices.lifecycle.views import beginning, policies, services

app_name = "lifecycle"
urlpatterns = [
    path("customers/<int:customer>/services", services.services, name="services"),
    path("customers/<int:customer>/services/new", beginning.begin, name="begin"),
    path("customers/<int:customer>/calendar", services.make_calendar, name="make_calendar"),
    path("customers/<int:customer>/calendar/end", services.end_calendar, name="end_calendar"),
    path("calendar/<slug:secret>.ics", services.calendar, name="calendar"),
    path("services/", services.everybodys, name="everybodys"),
    path("services/new", beginning.begin_for, name="begin_for"),
    path("services/<int:service>/subservers/", beginning.subservers, name="subservers"),
    path("services/<int:service>/subservers/add", beginning.add_subserver, name="add_subserver"),
    path("services/work/", services.work, name="work"),
    path("services/work/approve/<int:sweep>", services.approve, name="approve"),
    path("services/<int:service>/", services.service, name="service"),
    path("services/<int:service>/end", services.terminate, name="terminate"),
    path("services/<int:service>/fee", services.say_fee, name="say_fee"),
    path("services/<int:service>/stay", services.revoke, name="revoke"),
    path("policy/", policies.in_force, name="policy"),
    path("policy/versions/", policies.versions, name="policy_versions"),
    path("policy/versions/<int:version>/", policies.version, name="policy_version"),
    path("policy/change", policies.change, name="change_policy"),
    path("policy/take", policies.take, name="take_policy"),
]
