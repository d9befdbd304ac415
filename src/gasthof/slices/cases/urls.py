"""Routes of cases."""

from django.urls import path

from gasthof.slices.cases import views

app_name = "cases"
urlpatterns = [
    path("cases/", views.everywhere, name="cases"),
    path("customers/<int:customer>/cases/", views.of_customer, name="of_customer"),
    path("customers/<int:customer>/cases/open", views.open_, name="open_"),
    path("cases/<int:case>/", views.case, name="case"),
    *(path(f"cases/<int:case>/{act}", views.go_on, {"act": act}, name=act) for act in views.ACTS),
]
