import textwrap
import traceback
from types import SimpleNamespace

import pytest

from tocsin.errors import failure_of, identify, parse_stacktrace


@pytest.fixture
def deploy(tmp_path):
    """Deploys modules below a root, as a release would: `deploy("releases/7", shop="…source…").shop`."""

    def deploy(root, **sources):
        modules = SimpleNamespace()
        for name, source in sources.items():
            path = tmp_path / root / "shop" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source))
            namespace = {"__name__": f"shop.{name}", **vars(modules)}
            exec(compile(path.read_text(), str(path), "exec"), namespace)
            setattr(modules, name, SimpleNamespace(**namespace))
        return modules

    return deploy


def _raised(call, *args):
    with pytest.raises(BaseException) as caught:
        call(*args)
    return caught.value


def _identity(call, *args, **options):
    """The identity of what a call raises, after a look whether the exported text gives the same."""
    error = _raised(call, *args)
    live = identify(failure_of(error), **options)
    text = "".join(traceback.format_exception(error))
    exported = identify(parse_stacktrace("", "", text), **options)
    assert exported.components == live.components, text
    assert exported.fingerprint == live.fingerprint
    return live


@pytest.fixture(scope="session")
def raised():
    return _raised


@pytest.fixture(scope="session")
def identity():
    return _identity
