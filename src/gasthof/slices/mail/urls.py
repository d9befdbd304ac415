"""Routes of mail: of one domain, and of all of a subscription's."""

from django.urls import URLPattern, URLResolver, include, path

from gasthof.slices.mail import views

Routes = list[URLPattern | URLResolver]
app_name = "mail"
of_mailbox: Routes = [
    path("", views.mailbox, name="mailbox"),
    path("change", views.change, name="change"),
    path("password", views.password, name="password"),
    path("forward", views.forward, name="forward_mailbox"),
    path("vacation", views.vacation, name="vacation"),
    path("alias", views.alias_of, name="alias_of"),
    path("remove", views.remove, name="remove"),
]
of_domain: Routes = [
    path("", views.of_domain, name="domain"),
    path("add", views.add, name="add"),
    path("mailboxes/<str:local>/", include(of_mailbox)),
    path("addresses/", views.addresses, name="addresses"),
    path("addresses/forward", views.add_forward, name="add_forward"),
    path("addresses/<str:local>/change", views.change_forward, name="change_forward"),
    path("addresses/<str:local>/remove", views.remove_address, name="remove_address"),
    path("catch-all", views.catch_all, name="catch_all"),
    path("switch", views.switch, name="switch"),
    path("programs", views.programs, name="programs"),
]
urlpatterns = [
    path("domains/<str:domain>/mail/", include(of_domain)),
    path("subscriptions/<str:subscription>/mail/", views.of_subscription, name="subscription"),
    path("subscriptions/<str:subscription>/mail/add", views.add_anywhere, name="add_anywhere"),
]
