"""Routes of services."""

from django.urls import path

from gasthof.slices.lifecycle import views

app_name = "lifecycle"
urlpatterns = [
    path("customers/<int:customer>/services", views.services, name="services"),
    path("customers/<int:customer>/calendar", views.make_calendar, name="make_calendar"),
    path("customers/<int:customer>/calendar/end", views.end_calendar, name="end_calendar"),
    path("calendar/<slug:secret>.ics", views.calendar, name="calendar"),
    path("services/", views.everybodys, name="everybodys"),
    path("services/work/", views.work, name="work"),
    path("services/work/approve/<int:sweep>", views.approve, name="approve"),
    path("services/<int:service>/", views.service, name="service"),
    path("services/<int:service>/end", views.terminate, name="terminate"),
    path("services/<int:service>/stay", views.revoke, name="revoke"),
]
