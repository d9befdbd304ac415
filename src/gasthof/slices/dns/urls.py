"""Routes of zones."""

from django.urls import URLPattern, URLResolver, include, path

from gasthof.slices.dns.views import former, history, zones

Routes = list[URLPattern | URLResolver]
app_name = "dns"
of_zone: Routes = [
    path("", zones.zone, name="zone"),
    path("add", zones.choose, name="choose"),
    path("add/<str:kind>", zones.add, name="add"),
    path("change", zones.change, name="change"),
    path("remove", zones.remove, name="remove"),
    path("default", zones.default, name="default"),
    path("dnssec", zones.dnssec, name="dnssec"),
    path("history", history.history, name="history"),
    path("history/<int:change>/restore", history.restore, name="restore"),
]
urlpatterns = [
    path("domains/<str:domain>/dns/", include(of_zone)),
    path("customers/<int:customer>/former-zones/", former.formers, name="formers"),
    path("former-zones/<int:former>/", former.former, name="former"),
]
