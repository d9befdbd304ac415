"""The page that a new site shows until its owner puts something there. Pure."""

from html import escape

import idna

PAGE = """\
<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name}</title>
<style>
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem }}
h1 {{ font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere }}
</style>
</head>
<body>
<h1>{name}</h1>
<p>Hier entsteht eine Website.</p>
<p lang="en">A website will be here soon.</p>
</body>
</html>
"""


def page(host: str) -> bytes:
    """For this A-label, shown as people write it."""
    return PAGE.format(name=escape(shown(host))).encode()


def shown(host: str) -> str:
    """The U-label form; the A-label where it is no valid IDNA 2008 name."""
    try:
        return idna.decode(host)
    except idna.IDNAError:
        return host
