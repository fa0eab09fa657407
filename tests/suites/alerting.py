"""Alertmanager's configurations, accepted or refused, and the ways of alerts through its routing trees."""

import csv
import json

from tocsin.alerting import AlertingConfigError, load
from tocsin.alerting.configfile.document import Findings, parse
from tocsin.alerting.configfile.routes import read_root

#: Labels of routes are newer than the version that judged: we accept them, and say that they are not applied.
NEWER = {"examples/route_labels.yml"}


def configurations(folder):
    folder = folder / "alertmanager-config"
    with (folder / "verdict.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["file"] not in NEWER]
    for row in rows:
        path = folder / row["file"]
        yield row["file"], _verdict(path.read_text(encoding="utf-8"), str(path), row["verdict"])


def _verdict(text, source, expected):
    try:
        load(text, source)
    except AlertingConfigError as error:
        return None if expected == "reject" and error.problems else f"refused: {error}"
    return None if expected == "accept" else "accepted"


def routes(folder):
    """The routes that alerts take in trees of upstream's tests and, as amtool says, in files."""
    folder = folder / "alertmanager-config"
    cases = json.loads((folder / "routes.json").read_text(encoding="utf-8"))
    for tree in cases["trees"]:
        root = read_root(parse(tree["route"], Findings()))
        for case in (case for case in tree.get("cases", ()) if "routes" in case):
            got = [_shown(route) for route in root.routes_for(case["labels"])]
            yield f"{tree['test']} {case['labels']}", None if got == case["routes"] else f"got {got}"
    for case in cases["cli_cases"]:
        config = load((folder / case["config"]).read_text(encoding="utf-8"), case["config"])
        got = [route.receiver for route in config.route.routes_for(case["labels"])]
        yield f"{case['config']} {case['labels']}", None if got == case["receivers"] else f"got {got}"


def trees(folder):
    """The order, the ids and the inherited settings of routes."""
    for tree in json.loads((folder / "alertmanager-config" / "routes.json").read_text(encoding="utf-8"))["trees"]:
        root = read_root(parse(tree["route"], Findings()))
        for name, got in _properties(tree, root):
            yield f"{tree['test']} {name}", None if got == tree[name] else f"got {got}, expected {tree[name]}"


def _properties(tree, root):
    if "receivers_in_walk_order" in tree:
        yield "receivers_in_walk_order", [route.receiver for route in root.walk()]
    if "route_ids_any_order" in tree:
        rank = tree["route_ids_any_order"].index
        yield "route_ids_any_order", sorted((route.id for route in root.walk()), key=rank)
    if "group_by_all" in tree:
        parent = root.routes[0]
        found = {"0": parent, "0/0": parent.routes[0], "0/1": parent.routes[1]}
        yield "group_by_all", {place: route.group_by_all for place, route in found.items()}


def _shown(route):
    return {
        "receiver": route.receiver,
        "key": route.key,
        "group_by": list(route.group_by),
        "group_by_all": route.group_by_all,
        "group_wait": route.group_wait,
        "group_interval": route.group_interval,
        "repeat_interval": route.repeat_interval,
    }
