"""How dates and times are written, where Django's own ways would be misread here."""
