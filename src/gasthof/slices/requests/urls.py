"""Routes of requests."""

from django.urls import path

from gasthof.slices.requests import confirming, views

app_name = "requests"
urlpatterns = [
    path("requests/", views.waiting, name="waiting"),
    path("customers/<int:customer>/requests/", views.of_customer, name="of_customer"),
    path("customers/<int:customer>/requests/new/<slug:ask>", views.new, name="new"),
    path("requests/<int:number>/", views.thread, name="request"),
    path("requests/<int:number>/code", confirming.send_code, name="send_code"),
    path("requests/<int:number>/confirm", confirming.confirm, name="confirm"),
    path("requests/<int:number>/factor", confirming.factor, name="factor"),
    *(path(f"requests/<int:number>/{act}", views.go_on, {"act": act}, name=act) for act in views.ACTS),
]
