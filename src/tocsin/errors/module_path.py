"""What a source path says about its module: whose it is and what it is called, wherever it is deployed."""

import re
from functools import lru_cache

from tocsin.errors.libraries import LIBRARIES

# Patterns are text here: `re` compiles them, and keeps them, with the first failure, not before.
_LIBRARY = (
    r"(?i).*(?:^|/)(?:"
    r"(?:site|dist)-packages"
    r"|lib(?:64)?/(?:python|pypy)\d(?:\.\d+)?t?"
    r"|(?:python|pypy)[\d.-]*(?:/[\d.]+/x\d\d)?/lib(?:_pypy)?"
    r"|python\d+\.zip"
    r")/(?P<module>.*)"
)
#: Directories that deployments put in front of an application.
_ROOT = (
    r"(?i)(?:[a-z]:)?"
    r"(?:/users/[^/]+/(?:src|code|dev|work|projects?|repos?|git)/[^/]+(?=/)"
    r"|/(?:srv|opt|home|users|root|mnt|data|tmp|inetpub)/[^/]+(?=/)"
    r"|/var/(?:www|task|app)(?=/)"
    r"|/usr/(?:local/)?src/[^/]+(?=/)"
    r"|/(?:app|application|code|workspace|project|root|builds?)(?=/))?"
    r"(?:.*/(?:src|current|releases?/[^/]+|wwwroot|html)(?=/))?"
    r"/"
)
#: Where dependencies lie beside the application: AWS Lambda and its layers, and folders for code of others.
_BUNDLED = r"(?i)(?:/var/task|/opt/python|.*/(?:_?vendor(?:ed)?|third_party|[._]?packages))/(?P<package>\w+)[/.].*"
_INSTALLED = r"(?i).*/(?:site|dist)-packages/(?P<package>[A-Za-z]\w*)[/.].*"
#: Folders that may be a package as well as a root or a release: they name nothing.
_ANONYMOUS = (
    r"(?i)(?:apps?|application|src|srv|opt|home|mnt|data|tmp|source|code|current|latest|live|releases?|deploy(?:ment|s|ed)?|blue|green|canary|prod"
    r"|production|stag(?:e|ing)|test|workspace|project|root|build|dist|bundle|www|html|wwwroot|site|htdocs|public|previous"
    r"|[a-z]*[-_]?\d[\da-f_]*)"
)
_FROZEN = "<frozen "
_SUFFIX = r"(?:/__init__)?\.(?:py[cwx]?|so|pyd)$"


@lru_cache(maxsize=4096)
def module_of(path: str) -> str:
    """The dotted module that a path stands for, without deployment root; generated code (`<string>`) keeps its name.

    Directories above the last one that cannot be a Python package (`20260101`, `my-service`) are roots as well.
    """
    if path.startswith("<"):
        return path[len(_FROZEN) : -1] if path.startswith(_FROZEN) else path
    path = _with_slashes(path)
    if library := re.fullmatch(_LIBRARY, path):
        return _dotted(library["module"])
    root = re.match(_ROOT, path)
    return _importable(_dotted(path[root.end() :] if root else path))


@lru_cache(maxsize=4096)
def place_of(module: str) -> str:
    """The end of an application's module that is the same wherever it is deployed: `shop.pricing`, `main`."""
    package, _, name = ".".join(module.split(".")[-2:]).rpartition(".")
    return name if not package or re.fullmatch(_ANONYMOUS, package) else f"{package}.{name}"


@lru_cache(maxsize=4096)
def installed_package(path: str) -> str:
    """The top-level package of a path in `site-packages`; empty elsewhere."""
    found = re.fullmatch(_INSTALLED, _with_slashes(path))
    return found["package"] if found else ""


@lru_cache(maxsize=4096)
def is_library(path: str) -> bool:
    """Whether a path lies in the standard library or an installed package, or is generated or compiled code."""
    if path.startswith("<") or path.endswith((".pyx", ".pxd")):
        return True
    path = _with_slashes(path)
    return bool(re.fullmatch(_LIBRARY, path)) or _is_bundled(path)


@lru_cache(maxsize=4096)
def is_script(path: str) -> bool:
    """Whether a path is a console script such as `/usr/bin/gunicorn`."""
    directory, _, name = _with_slashes(path).rpartition("/")
    return directory.endswith(("/bin", "/Scripts")) and not name.endswith(".py")


def _is_bundled(path: str) -> bool:
    found = re.fullmatch(_BUNDLED, path)
    return found is not None and found["package"].lower() in LIBRARIES


def _with_slashes(path: str) -> str:
    return path.replace("\\", "/")


def _dotted(path: str) -> str:
    return re.sub(_SUFFIX, "", path).replace("/", ".")


def _importable(dotted: str) -> str:
    parts = dotted.split(".")
    for index in range(len(parts) - 2, -1, -1):
        if not parts[index].isidentifier():
            return ".".join(parts[index + 1 :])
    return dotted
