"""Alertmanager's configurations, accepted or refused, and the ways of alerts through its routing trees."""

import csv
import json
from dataclasses import replace
from datetime import datetime

from tocsin.alerting import AlertingConfigError, Matcher, load
from tocsin.alerting.configfile.inhibitions import read_inhibit_rule
from tocsin.alerting.configfile.intervals import read_interval, read_part
from tocsin.alerting.configfile.routes import RouteReader
from tocsin.alerting.fingerprint import fingerprint
from tocsin.alerting.inhibition import Inhibition, InhibitRule
from tocsin.alerting.intervals import Range
from tocsin.alerting.muting import Muted
from tocsin.alerting.routing import Route
from tocsin.store import Alert
from tocsin.syntax.document import Findings, parse

ROUTE = Route(receiver="team")

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
        root = RouteReader().root(parse(tree["route"], Findings()))
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
        root = RouteReader().root(parse(tree["route"], Findings()))
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


def inhibitions(folder):
    """Which alerts are inhibited; all rules see all alerts."""
    for group in json.loads((folder / "alertmanager-config" / "inhibit.json").read_text(encoding="utf-8"))["groups"]:
        for number, (rules, alerts, target, expected) in enumerate(_inhibition_cases(group)):
            stage = Inhibition(rules).stage(alerts)
            muted = bool(stage.holds(_alert({"labels": target}), ROUTE))
            yield f"{group['test']} {number}", None if muted is expected else f"inhibited: {muted}"


def _inhibition_cases(group):
    """Rules, alerts, a target and whether it is inhibited."""
    rules = [read_inhibit_rule(_section(rule)) for rule in group.get("inhibit_rules", ())]
    for case in group["cases"]:
        if "has_equal" in case:
            # The question is what a target finds that is no source itself.
            rule = InhibitRule(source=(Matcher("side", "=", "source"),), equal=tuple(case["equal"]))
            sources = [each | {"labels": each["labels"] | {"side": "source"}} for each in case["sources"]]
            yield [rule], [_alert(each) for each in sources], case["target"], case["has_equal"]
        elif "expect" in case:
            latest = {fingerprint(each["labels"].items()): _alert(each) for each in case["alerts_in_order"]}
            for each in case["expect"]:
                yield rules, latest.values(), each["target"], each["muted"]
        else:
            yield rules, [_alert(each) for each in group["alerts"]], case["target"], case["muted"]


def time_intervals(folder):
    """What is a time interval, which moments are in it, and what it mutes."""
    cases = json.loads((folder / "alertmanager-config" / "timeintervals.json").read_text(encoding="utf-8"))
    for number, case in enumerate(cases["contains"]):
        part = read_part(_section(case["interval"]))
        # Ranges of days that no file may have are among them.
        days = [each.partition(":")[::2] for each in case["interval"].get("days_of_month", ()) if ":" in each]
        ranges = tuple(Range(int(first), int(last)) for first, last in days) or part.days_of_month
        yield f"contains {number}", _wrong_moments([replace(part, days_of_month=ranges)], case)
    for case in cases["time_range"]:
        yield f"time range {case['yaml']}", _time_range(case)
    for number, case in enumerate(cases["parse"]):
        yield f"parse {number} {case['comment']}", _parsed(case)
    for number, case in enumerate(cases["complete"]):
        yield f"complete {number}", _wrong_moments([read_part(parse(case["yaml"], Findings()))], case)
    for group in cases["mutes"]:
        intervals = {
            name: tuple(read_part(_section(part)) for part in parts) for name, parts in group["time_intervals"].items()
        }
        used_as = group["used_as"].replace("_time", "")
        route = Route(receiver="team", **{used_as: tuple(intervals)})
        for case in group["cases"]:
            muted_by = list(Muted(intervals, at=_at(case["now"])).holds(_alert({"labels": {}}), route))
            yield f"{group['test']} {case['name']}", None if muted_by == case["muted_by"] else f"got {muted_by}"


def _time_range(case):
    section = parse(f"times: [{case['yaml']}]", findings := Findings())
    part = read_part(section)
    if case["must_fail"]:
        return None if findings.problems else "accepted"
    got = [(each.first, each.last + 1) for each in part.times]
    return None if got == [(case["start_minute"], case["end_minute"])] else f"got {got}"


def _parsed(case):
    given = case["yaml"].replace("---", "").replace("\n", "\n  ")
    parts = read_interval(parse(f"time_intervals:{given}", findings := Findings()))
    if case["must_fail"]:
        return None if findings.problems else "accepted"
    if findings.problems:
        return f"refused: {findings.problems}"
    meant = tuple(read_part(_section(each)) for each in case["intervals"])
    return _wrong_moments(parts, case) if parts == meant else f"got {parts}"


def _wrong_moments(parts, case):
    inside, outside = case.get("contains", []), case.get("excludes", [])
    wrong = [at for at in inside if not any(part.contains(_at(at)) for part in parts)]
    wrong += [at for at in outside if any(part.contains(_at(at)) for part in parts)]
    return f"wrong about {wrong}" if wrong else None


def _at(text):
    return datetime.fromisoformat(text).timestamp()


def _section(mapping):
    return parse(json.dumps(mapping), Findings())


def _alert(given):
    resolved = given.get("ends_at", 1) < 0
    return Alert(
        group="g",
        rule="r",
        fingerprint=fingerprint(given["labels"].items()),
        labels=given["labels"],
        annotations={},
        state="inactive" if resolved else "firing",
        value=1.0,
        active_at=given.get("starts_at", -60.0),
        resolved_at=given.get("ends_at") if resolved else None,
    )
