import textwrap
import traceback
from collections import Counter
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


@pytest.fixture(scope="session")
def grouping_score():
    """Pairwise and BCubed figures of a grouping: `grouping_score({event: cause}, {event: group})`."""

    def score(truth, found):
        cells = Counter((cause, found[event]) for event, cause in truth.items())
        causes, groups = Counter(truth.values()), Counter(found[event] for event in truth)
        both, in_cause, in_group = (sum(n * (n - 1) / 2 for n in each.values()) for each in (cells, causes, groups))
        precision = sum(n * n / groups[group] for (_, group), n in cells.items()) / len(truth)
        recall = sum(n * n / causes[cause] for (cause, _), n in cells.items()) / len(truth)
        return {
            "events": len(truth),
            "causes": len(causes),
            "groups": len(groups),
            "pair_f1": 2 * both / (in_cause + in_group),
            "bcubed_f1": 2 * precision * recall / (precision + recall),
        }

    return score
