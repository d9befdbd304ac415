"""Routes of customers and of the audit trail."""

from django.urls import path

from gasthof.slices.accounts import trail, views

app_name = "accounts"
urlpatterns = [
    path("customers", views.customers, name="customers"),
    path("customers/new", views.create, name="create"),
    path("customers/<int:customer>", views.customer, name="customer"),
    path("customers/<int:customer>/change", views.change, name="change"),
    path("customers/<int:customer>/reseller", views.set_reseller, name="set_reseller"),
    path("customers/<int:customer>/audit", trail.customer_trail, name="customer_trail"),
    path("customers/<int:customer>/audit.csv", trail.customer_trail_file, name="customer_trail_file"),
    path("audit", trail.trail, name="trail"),
    path("audit.csv", trail.trail_file, name="trail_file"),
]
