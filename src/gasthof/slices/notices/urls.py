"""Routes of notices."""

from django.urls import path

from gasthof.slices.notices import views

app_name = "notices"
urlpatterns = [
    path("customers/<int:customer>/notices", views.notices, name="notices"),
    path("notices/", views.everybodys, name="everybodys"),
    path("notices/<int:notice>/", views.notice, name="notice"),
    path("notices/<int:notice>/again", views.again, name="again"),
    path("services/<int:service>/notices", views.preview, name="preview"),
]
