from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The house itself: what belongs to no single room (home page, admin's first page, demo journey)."""

    name = "config"
