"""The release that runs, where nobody said which: what the platform that built or started it says, else git."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

#: Variables of platforms, those of what runs before those of what builds; an empty one says nothing.
VARIABLES = (
    "SENTRY_RELEASE", "HEROKU_SLUG_COMMIT", "HEROKU_BUILD_COMMIT", "RENDER_GIT_COMMIT", "RAILWAY_GIT_COMMIT_SHA",
    "VERCEL_GIT_COMMIT_SHA", "K_REVISION", "GAE_VERSION", "AWS_LAMBDA_FUNCTION_VERSION", "CONTAINER_VERSION",
    "SOURCE_VERSION", "SOURCE_COMMIT", "GIT_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT",
    "CIRCLE_SHA1", "TRAVIS_COMMIT", "DRONE_COMMIT_SHA", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION",
    "CODEBUILD_RESOLVED_SOURCE_VERSION", "CF_PAGES_COMMIT_SHA", "COMMIT_REF", "COMMIT_SHA", "GIT_SHA",
)  # fmt: skip
MAX_RELEASE = 200
#: Bytes of a file of git's that are read.
MAX_FILE = 5_000_000
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def guess_release(environ: Mapping[str, str] = os.environ, *, folder: Path | None = None) -> str:
    """The release, empty where there is no sign of one. Reads files, starts no process, never raises."""
    named = next((value for name in VARIABLES if (value := environ.get(name, "").strip())), "")
    try:
        return named[:MAX_RELEASE] or _commit(folder or Path.cwd())
    except (OSError, ValueError):
        return ""


def _commit(folder: Path) -> str:
    """What is checked out, in this folder or above it."""
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_file():  # a working tree beside the repository, or a submodule
            git = parent / _read(git).removeprefix("gitdir:").strip()
        if (git / "HEAD").is_file():
            return _resolved(git, _read(git / "HEAD").strip())
    return ""


def _resolved(git: Path, head: str) -> str:
    """A commit; a branch's is in a file of its own, or in the one for all."""
    if not head.startswith("ref:"):
        return head if _HASH.fullmatch(head) else ""
    name = head.removeprefix("ref:").strip()
    if ".." in name or not name.startswith("refs/"):
        return ""
    shared = git / "commondir"
    folders = (git, git / _read(shared).strip()) if shared.is_file() else (git,)
    for folder in folders:
        if (folder / name).is_file() and _HASH.fullmatch(commit := _read(folder / name).strip()):
            return commit
    return next((commit for folder in folders if (commit := _packed(folder / "packed-refs", name))), "")


def _packed(path: Path, name: str) -> str:
    lines = _read(path).splitlines() if path.is_file() else ()
    pairs = (line.partition(" ") for line in lines)
    return next((commit for commit, _, ref in pairs if ref == name and _HASH.fullmatch(commit)), "")


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(MAX_FILE)
