"""Routes of websites and protected directories."""

from django.urls import include, path

from gasthof.slices.web.views import cards, protection, sites

app_name = "web"
subscription = [
    path("websites", cards.websites, name="websites"),
    path("protected", protection.directories, name="protected"),
    path("protected/new", protection.protect, name="protect"),
    path("protected/<int:directory>", protection.directory, name="directory"),
    path("protected/<int:directory>/title", protection.rename, name="rename_directory"),
    path("protected/<int:directory>/end", protection.unprotect, name="unprotect"),
    path("protected/<int:directory>/users/new", protection.add_user, name="add_protected_user"),
    path("protected/<int:directory>/users/<int:user>/password", protection.change_user, name="change_protected_user"),
    path("protected/<int:directory>/users/<int:user>/remove", protection.remove_user, name="remove_protected_user"),
]
domain = [
    path("hosting", sites.hosting, name="hosting"),
    path("php", sites.php, name="php"),
    path("names", sites.aliases, name="aliases"),
    path("names/new", sites.add_alias, name="add_alias"),
    path("names/<int:alias>/remove", sites.remove_alias, name="remove_alias"),
    path("subdomains/new", sites.subdomain, name="subdomain"),
]
urlpatterns = [
    path("subscriptions/<str:subscription>/", include(subscription)),
    path("domains/<str:domain>/", include(domain)),
]
