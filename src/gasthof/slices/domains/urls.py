"""Routes of domains."""

from django.urls import path

from gasthof.slices.domains import views

app_name = "domains"
urlpatterns = [
    path("domains", views.every, name="all"),
    path("domains/delete", views.delete_many, name="delete_many"),
    path("domains/<str:domain>", views.domain, name="domain"),
    path("domains/<str:domain>/delete", views.delete, name="delete"),
    path("customers/<int:customer>/domains", views.overview, name="overview"),
    path("subscriptions/<str:subscription>/domains/new", views.add, name="add"),
]
