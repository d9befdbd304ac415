"""What papers need of the machine: Pango, which sets their text, and letters. WeasyPrint finds both by itself."""

from gasthof.agent.daemons import Daemons

DAEMONS = Daemons(
    packages=("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core"), test_packages=("poppler-utils",)
)  # fmt: skip
