"""How Django's forms are drawn, those of others' packages too: by templates of this application."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    form_template_name = "ui/fields.html"
    field_template_name = "ui/field.html"
