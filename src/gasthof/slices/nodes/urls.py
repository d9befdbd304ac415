"""Routes of nodes."""

from django.urls import path

from gasthof.slices.nodes import views

app_name = "nodes"
urlpatterns = [
    path("nodes", views.nodes, name="nodes"),
    path("nodes/<str:node>", views.node, name="node"),
    path("nodes/<str:node>/plan", views.plan, name="plan"),
    path("nodes/<str:node>/retry", views.retry, name="retry"),
    path("nodes/<str:node>/adopt", views.adopt, name="adopt"),
    path("nodes/<str:node>/release", views.release, name="release"),
]
