"""Routes of webhooks, below one's own account."""

from django.urls import include, path

from gasthof.slices.webhooks import views

app_name = "webhooks"
of_webhook = [
    path("", views.webhook, name="webhook"),
    path("change", views.change, name="change"),
    path("secret", views.rotate, name="rotate"),
    path("test", views.test, name="test"),
    path("switch/<slug:on>", views.switch, name="switch"),
    path("remove", views.remove, name="remove"),
    path("deliveries/<int:delivery>/", views.delivery, name="delivery"),
    path("deliveries/<int:delivery>/again", views.send_again, name="send_again"),
]
urlpatterns = [
    path("account/webhooks/", views.webhooks, name="webhooks"),
    path("account/webhooks/add", views.add, name="add"),
    path("account/webhooks/<int:webhook>/", include(of_webhook)),
]
