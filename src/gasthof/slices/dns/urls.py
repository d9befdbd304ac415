"""Routes of a domain's zone."""

from django.urls import URLPattern, URLResolver, include, path

from gasthof.slices.dns import views

Routes = list[URLPattern | URLResolver]
app_name = "dns"
of_zone: Routes = [
    path("", views.zone, name="zone"),
    path("add", views.choose, name="choose"),
    path("add/<str:kind>", views.add, name="add"),
    path("change", views.change, name="change"),
    path("remove", views.remove, name="remove"),
    path("default", views.default, name="default"),
    path("dnssec", views.dnssec, name="dnssec"),
    path("history", views.history, name="history"),
    path("history/<int:change>/restore", views.restore, name="restore"),
]
urlpatterns = [path("domains/<str:domain>/dns/", include(of_zone))]
