"""Routes of the panel."""

urlpatterns: list[object] = []
