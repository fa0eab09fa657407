"""What goes wrong with a template."""


class TemplateError(ValueError):
    """A template that cannot be parsed or rendered; the text is the one Go gives: `template: NAME:LINE: …`."""
