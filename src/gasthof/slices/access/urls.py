"""Routes of signing in and of one's own account. allauth's keep the names that allauth looks them up by."""

from allauth.account import views as allauth
from allauth.usersessions import views as sessions
from django.urls import URLPattern, URLResolver, include, path

from gasthof.slices.access import acting, people, person, roles_pages, token_pages, views

Routes = list[URLPattern | URLResolver]
of_person: Routes = [
    path("change", person.change, name="access_change_person"),
    path("assign", person.assign, name="access_assign"),
    path("withdraw/<int:assignment>", person.withdraw, name="access_withdraw"),
    path("<slug:what>", person.ask, name="access_ask"),
]
of_customer: Routes = [
    path("users/", people.users, name="access_users"),
    path("users/invite", people.invite, name="access_invite"),
    path("users/<int:user>/", person.person, name="access_person"),
    path("users/<int:user>/", include(of_person)),
    path("roles/", roles_pages.roles, name="access_roles"),
    path("roles/create", roles_pages.create, name="access_create_role"),
    path("roles/<int:role>/change", roles_pages.change, name="access_change_role"),
    path("roles/<int:role>/remove", roles_pages.remove, name="access_remove_role"),
    path("act", acting.act, name="access_act"),
]

urlpatterns = [
    path("customers/<int:customer>/", include(of_customer)),
    path("operators/", people.operators, name="access_operators"),
    path("operators/add", people.add_operator, name="access_add_operator"),
    path("operators/<int:user>/", person.person, name="access_operator"),
    path("operators/<int:user>/<slug:what>", person.ask, name="access_ask_operator"),
    path("acting/end", acting.stop, name="access_stop_acting"),
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
    path("account/tokens/", token_pages.tokens, name="access_tokens"),
    path("account/tokens/create", token_pages.create, name="access_create_token"),
    path("account/tokens/<int:token>/", token_pages.token, name="access_token"),
    path("account/tokens/<int:token>/revoke", token_pages.revoke, name="access_revoke_token"),
    path("account/password/", allauth.password_change, name="account_change_password"),
    path("account/sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("account/sessions/<int:number>/end/", views.end_session, name="access_end_session"),
    path("account/second-factor/", include("allauth.mfa.urls")),
]
