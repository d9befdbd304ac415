"""Routes of the API."""

from django.urls import path

from gasthof.api.service import PATH, routes

urlpatterns = [path(PATH, routes())]
