"""Routes of a subscription's FTP users."""

from django.urls import URLPattern, URLResolver, include, path

from gasthof.slices.ftp import views

Routes = list[URLPattern | URLResolver]
app_name = "ftp"
of_user: Routes = [
    path("", views.user, name="user"),
    path("change", views.change, name="change"),
    path("password", views.password, name="password"),
    path("remove", views.remove, name="remove"),
]
urlpatterns = [
    path("subscriptions/<str:subscription>/ftp/", views.users, name="users"),
    path("subscriptions/<str:subscription>/ftp/add", views.add, name="add"),
    path("subscriptions/<str:subscription>/ftp/users/<str:name>/", include(of_user)),
]
