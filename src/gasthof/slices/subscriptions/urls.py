"""Routes of subscriptions, exports and plans."""

from django.urls import include, path

from gasthof.slices.subscriptions.views import exports, plans, subscriptions

app_name = "subscriptions"
one = [
    path("suspend", subscriptions.suspend, name="suspend"),
    path("resume", subscriptions.resume, name="resume"),
    path("delete", subscriptions.delete, name="delete"),
    path("export", exports.export, name="export"),
]
urlpatterns = [
    path("subscriptions", subscriptions.every, name="all"),
    path("subscriptions/suspend", subscriptions.suspend_many, name="suspend_many"),
    path("subscriptions/<str:subscription>", subscriptions.subscription, name="subscription"),
    path("subscriptions/<str:subscription>/", include(one)),
    path("customers/<int:customer>/subscriptions", subscriptions.of_customer, name="of_customer"),
    path("customers/<int:customer>/subscriptions/new", subscriptions.create, name="create"),
    path("customers/<int:customer>/exports/<str:export>/import", exports.restore, name="import"),
    path("customers/<int:customer>/exports/<str:export>/delete", exports.delete, name="delete_export"),
    path("plans", plans.plans, name="plans"),
    path("plans/new", plans.create, name="create_plan"),
    path("plans/<int:plan>", plans.change, name="change_plan"),
]
