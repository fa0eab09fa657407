"""Names of exception classes that mean the same."""

_SAME = {
    # Names that a class had in earlier versions of Python.
    **dict.fromkeys(("IOError", "EnvironmentError", "WindowsError"), "OSError"),
    "timeout": "TimeoutError",
    # PyYAML: what it stumbles over first depends on the text.
    **dict.fromkeys(("ScannerError", "ParserError", "ComposerError", "ConstructorError", "ReaderError"), "YAMLError"),
}


def same_type(short_type: str) -> str:
    """The name, without module, that stands for all of the same meaning."""
    return _SAME.get(short_type, short_type)
