"""The page on which payers choose what comes of a payment. No card is asked for. In the language that the house has asked for."""

from html import escape

from gasthof.slices.billing.rules.money import Money
from gasthof.slices.cards.tryout.store import BECOMES, Row

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1.5rem;color-scheme:light dark}"
    ".mark{border:2px dashed;border-radius:.5rem;padding:.75rem 1rem}.sum{font-size:1.75rem;font-weight:700;margin:.5rem 0}"
    "button,a.button{display:block;width:100%;box-sizing:border-box;margin:.75rem 0;padding:.75rem;font:inherit;text-align:center;"
    "border:1px solid;border-radius:.5rem;background:none;color:inherit;text-decoration:none;cursor:pointer}"
    "button.first{background:#1f5f3f;color:#fff;border-color:#1f5f3f}:focus-visible{outline:3px solid #4a90d9;outline-offset:2px}"
)
WORDS = {
    "en": {
        "title": "Card network of the try-out",
        "mark": "This is no real card network. It asks for no card and moves no money: choose what is to come of the payment.",
        "pay": "Pay",
        "refuse": "Refuse the payment",
        "lose": "Pay, and lose the answer",
        "later": "Let it be looked into, and pay 20 seconds later",
        "refund": "Give it back (as the house would, at its card network)",
        "charge back": "Charge it back (as a payer’s bank would)",
        "back": "Back to the shop",
        "open": "to be paid",
        "pending": "is being looked into",
        "paid": "is paid",
        "refused": "was refused",
        "refunded": "was given back",
        "charged back": "was charged back",
        "lost": "It is paid, and nobody is told: neither you nor the house. The house has to ask by itself.",
        "gone": "There is no such payment.",
    },
    "de": {
        "title": "Kartennetz des Probebetriebs",
        "mark": "Das ist kein echtes Kartennetz. Es fragt nach keiner Karte und bewegt kein Geld: Wählen Sie, was aus der Zahlung wird.",
        "pay": "Bezahlen",
        "refuse": "Zahlung ablehnen",
        "lose": "Bezahlen, und die Antwort geht verloren",
        "later": "Prüfen lassen, und 20 Sekunden später bezahlen",
        "refund": "Erstatten (wie das Haus es beim Kartennetz täte)",
        "charge back": "Zurückbuchen (wie die Bank des Zahlers es täte)",
        "back": "Zurück zum Anbieter",
        "open": "zu bezahlen",
        "pending": "wird geprüft",
        "paid": "ist bezahlt",
        "refused": "wurde abgelehnt",
        "refunded": "wurde erstattet",
        "charged back": "wurde zurückgebucht",
        "lost": "Es ist bezahlt, und niemand erfährt es: weder Sie noch das Haus. Das Haus muss von sich aus fragen.",
        "gone": "Diese Zahlung gibt es nicht.",
    },
}


def page(row: Row, *, lost: bool = False) -> str:
    words = WORDS.get(row.wanted.language, WORDS["en"])
    offered = [choice for choice, (states, _) in BECOMES.items() if row.state in states and not lost]
    buttons = "".join(_button(choice, words[choice]) for choice in offered)
    back = f'<a class="button" href="{escape(row.wanted.back)}">{words["back"]}</a>' if row.state != "open" else ""
    said = f"<p>{words['lost']}</p>" if lost else f"<p>{escape(row.wanted.title)}: {words[row.state]}</p>"
    amount = escape(str(Money(row.wanted.units, row.wanted.currency)))
    form = f'<form method="post">{buttons}</form>' if buttons else ""
    return _whole(row.wanted.language, words, f'{said}<p class="sum">{amount}</p>{form}{back}')


def missing(language: str = "en") -> str:
    words = WORDS[language]
    return _whole(language, words, f"<p>{words['gone']}</p>")


def _button(choice: str, text: str) -> str:
    kind = ' class="first"' if choice == "pay" else ""
    return f'<button name="choice" value="{choice}"{kind}>{text}</button>'


def _whole(language: str, words: dict[str, str], body: str) -> str:
    known = language if language in WORDS else "en"
    return (
        f'<!doctype html><html lang="{known}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words['title']}</title><style>{STYLE}</style></head><body><main><h1>{words['title']}</h1>"
        f'<p class="mark">{words["mark"]}</p>{body}</main></body></html>'
    )
