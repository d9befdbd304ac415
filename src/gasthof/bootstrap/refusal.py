"""How a command ends when a person has to do something."""


class Refusal(Exception):
    """A sentence for the operator: what is wrong and what to do. Printed as it stands, exit code 1."""
