"""Which network takes cards for this house: so far the try-out's, or none. A real network's protocol comes in here."""

from django.conf import settings

from gasthof.slices.cards.client import Network
from gasthof.slices.cards.driver import Driver
from gasthof.slices.cards.rules import keys_of


def network() -> Driver | None:
    """None: cards are not taken. By [cards] of config.toml."""
    if settings.CARD_NETWORK == "tryout":
        return Network(settings.CARD_ADDRESS, keys_of(settings.SECRET_KEY))
    return None
