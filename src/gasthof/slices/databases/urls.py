"""Routes of a subscription's databases and their users."""

from django.urls import URLPattern, URLResolver, include, path

from gasthof.slices.databases import views

Routes = list[URLPattern | URLResolver]
app_name = "databases"
of_user: Routes = [
    path("", views.user, name="user"),
    path("rights", views.rights, name="rights"),
    path("password", views.password, name="password"),
    path("remove", views.remove_user, name="remove_user"),
]
of_database: Routes = [
    path("", views.database, name="database"),
    path("add-user", views.add_user, name="add_user"),
    path("delete", views.delete, name="delete"),
]
of_subscription: Routes = [
    path("", views.databases, name="databases"),
    path("create", views.create, name="create"),
    path("users/", views.users, name="users"),
    path("users/<str:server>/<str:name>/", include(of_user)),
    path("<str:server>/<str:name>/", include(of_database)),
]
urlpatterns = [path("subscriptions/<str:subscription>/databases/", include(of_subscription))]
