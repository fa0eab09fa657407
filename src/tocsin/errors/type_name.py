"""Names of exception classes that mean the same."""

from tocsin.errors.failure import Failure

_SAME = {
    # Names that a class had in earlier versions of Python.
    **dict.fromkeys(("IOError", "EnvironmentError", "WindowsError"), "OSError"),
    "timeout": "TimeoutError",
    "PatternError": "error",
    # PyYAML: what it stumbles over first depends on the text.
    **dict.fromkeys(("ScannerError", "ParserError", "ComposerError", "ConstructorError", "ReaderError"), "YAMLError"),
}


def same_type(failure: Failure) -> str:
    """The name, without module, that stands for all of the same meaning.

    Each release of a cloud's client has more classes for what its error codes say.
    """
    short = failure.short_type
    return "ClientError" if "An error occurred (" in failure.headline else _SAME.get(short, short)
