"""Routes of customers and of the audit trail."""

from django.urls import path

from gasthof.slices.accounts import views

app_name = "accounts"
urlpatterns = [
    path("customers", views.customers, name="customers"),
    path("customers/new", views.create, name="create"),
    path("customers/<int:customer>", views.customer, name="customer"),
    path("customers/<int:customer>/change", views.change, name="change"),
    path("customers/<int:customer>/reseller", views.set_reseller, name="set_reseller"),
    path("customers/<int:customer>/audit", views.customer_trail, name="customer_trail"),
    path("audit", views.trail, name="trail"),
]
