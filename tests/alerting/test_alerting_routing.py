import json

import pytest

from tocsin.alerting import Route, load
from tocsin.alerting.configfile.document import Findings, parse
from tocsin.alerting.configfile.routes import read_root


@pytest.fixture
def cases(shared):
    return json.loads((shared / "conformance/alertmanager-config/routes.json").read_text(encoding="utf-8"))


@pytest.fixture
def trees(cases):
    def read(name):
        case = next(each for each in cases["trees"] if each["test"] == name)
        return case, read_root(parse(case["route"], Findings()))

    return read


def shown(route: Route):
    return {
        "receiver": route.receiver,
        "key": route.key,
        "group_by": list(route.group_by),
        "group_by_all": route.group_by_all,
        "group_wait": route.group_wait,
        "group_interval": route.group_interval,
        "repeat_interval": route.repeat_interval,
    }


@pytest.mark.parametrize("name", ["TestRouteMatch", "TestRouteMatchers", "TestRouteMatchersAndMatch"])
def test_alerts_take_the_routes_they_take_upstream(name, trees):
    case, root = trees(name)
    assert len(case["cases"]) == 8
    for each in case["cases"]:
        assert [shown(route) for route in root.routes_for(each["labels"])] == each["routes"]


def test_the_tree_is_walked_as_upstream(trees):
    case, root = trees("TestRouteWalk")
    assert [route.receiver for route in root.walk()] == case["receivers_in_walk_order"]


def test_route_ids_are_upstreams_and_unique(trees):
    case, root = trees("TestRouteID")
    ids = [route.id for route in root.walk()]
    assert sorted(ids) == sorted(case["route_ids_any_order"])
    assert len(set(ids)) == len(ids)


def test_grouping_by_everything_is_inherited(trees):
    case, root = trees("TestInheritParentGroupByAll")
    parent = root.routes[0]
    found = {"0": parent, "0/0": parent.routes[0], "0/1": parent.routes[1]}
    assert {place: route.group_by_all for place, route in found.items()} == case["group_by_all"]


def test_files_route_as_amtool_says(cases, shared):
    folder = shared / "conformance/alertmanager-config"
    for case in cases["cli_cases"]:
        config = load((folder / case["config"]).read_text(encoding="utf-8"), case["config"])
        assert [route.receiver for route in config.route.routes_for(case["labels"])] == case["receivers"]
