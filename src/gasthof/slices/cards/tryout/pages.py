"""The page on which payers choose what comes of a payment. No card is asked for. In the language that the house has asked for."""

from html import escape

from gasthof.slices.billing.rules.money import Money
from gasthof.slices.cards.tryout.store import BECOMES, Row

STYLE = (
    ":root{color-scheme:light dark}*{box-sizing:border-box}"
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:1.5rem 1rem;background:light-dark(#eef0f4,#14161b);color:light-dark(#1d2330,#e8eaf0)}"
    "main{max-width:32rem;margin:0 auto;padding:1.5rem;background:light-dark(#fff,#1d2129);border:1px solid light-dark(#d5d9e2,#353b47);border-radius:.75rem}"
    "h1{margin:0 0 1rem;font-size:1.25rem}p{margin:.5rem 0}.mark{border:2px dashed light-dark(#8a5a00,#e0b050);border-radius:.5rem;padding:.75rem 1rem}"
    ".sum{font-size:2rem;font-weight:700;font-variant-numeric:tabular-nums}form{margin-top:1rem}"
    "button,a.button{display:block;width:100%;min-height:2.75rem;margin:.75rem 0 0;padding:.5rem .75rem;font:inherit;text-align:center;"
    "border:1px solid light-dark(#7b8494,#7b8494);border-radius:.5rem;background:none;color:inherit;text-decoration:none;cursor:pointer}"
    "button.first{min-height:3rem;margin-bottom:1.5rem;background:#1f4f8f;color:#fff;border-color:#1f4f8f;font-weight:600}"
    ":focus-visible{outline:3px solid #4a90d9;outline-offset:2px}"
)
GERMAN = str.maketrans(",.", ".,")
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
    amount = escape(_amount(Money(row.wanted.units, row.wanted.currency), row.wanted.language))
    form = f'<form method="post">{buttons}</form>' if buttons else ""
    return _whole(row.wanted.language, words, f'{said}<p class="sum">{amount}</p>{form}{back}')


def _amount(money: Money, language: str) -> str:
    """“1.234,50 EUR” in German, “1,234.50 EUR” else; on one line."""
    whole, point, part = money.number.partition(".")
    shown = f"{int(whole):,}{point}{part}"
    return f"{shown.translate(GERMAN) if language == 'de' else shown}\N{NO-BREAK SPACE}{money.currency}"


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
