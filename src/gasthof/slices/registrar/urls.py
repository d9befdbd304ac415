"""Routes of registered domain names: a customer's, one of them, and what operators look after."""

from django.urls import include, path

from gasthof.slices.registrar import views

app_name = "registrar"
of_name = [
    path("", views.name, name="name"),
    path("renew", views.renew, name="renew"),
    path("lock/<slug:on>", views.lock, name="lock"),
    path("code", views.new_code, name="new_code"),
    path("code/show", views.show_code, name="show_code"),
    path("cancel", views.cancel, name="cancel"),
    path("price", views.quote, name="quote"),
    path("restore", views.restore, name="restore"),
    path("release", views.release, name="release"),
]
of_customer = [
    path("", views.names, name="names"),
    path("register", views.register, name="register"),
    path("transfer", views.transfer, name="transfer"),
    path("contact", views.add_contact, name="add_contact"),
]
urlpatterns = [
    path("customers/<int:customer>/names/", include(of_customer)),
    path("names/<str:name>/", include(of_name)),
    path("registry/operations", views.operations, name="operations"),
    path("registry/operations/<int:operation>/retry", views.retry, name="retry"),
]
