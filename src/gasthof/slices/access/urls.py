"""Routes of signing in and of one's own account. allauth's keep the names that allauth looks them up by."""

from allauth.account import views as allauth
from allauth.usersessions import views as sessions
from django.urls import include, path

from gasthof.slices.access import views

urlpatterns = [
    path("sign-in/", allauth.login, name="account_login"),
    path("sign-out/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("forgotten/", views.forgotten, name="account_reset_password"),
    path("link/password/<str:token>/", views.password_link, name="access_password_link"),
    path("link/e-mail/<str:token>/", views.address_link, name="access_address_link"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("account/", views.account, name="access_account"),
    path("account/e-mail/", views.new_address, name="access_new_address"),
    path("account/new-password/", views.set_password, name="account_set_password"),
    path("account/password/", allauth.password_change, name="account_change_password"),
    path("account/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("account/sessions/<int:number>/end/", views.end_session, name="access_end_session"),
    path("account/second-factor/", include("allauth.mfa.urls")),
]
