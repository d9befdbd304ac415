"""Routes of the frame itself."""

from django.urls import path

from gasthof.ui import views

app_name = "ui"
urlpatterns = [
    path("language", views.language, name="language"),
    path("look", views.look, name="look"),
    path("password-strength", views.strength, name="strength"),
    path("changes/<str:token>", views.followed, name="changes"),
    path("undo/<str:token>", views.undo, name="undo"),
]
