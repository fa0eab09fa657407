"""What one look at all alerts costs: 10,000 in 1,000 groups, 200 routes, 100 silences, 20 inhibition rules.

CPU time of this process, and beside it what the real Alertmanager needs to take the same alerts and to flush every
group once, where `TOCSIN_ORACLES` names a folder with it.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from alertmanager import HOUR, Alertmanager, rfc3339

from tocsin.alerting import Dispatcher, Known, fingerprint, load, told_key
from tocsin.alerting.matcher import parse
from tocsin.alerting.silencing import silence_matchers
from tocsin.store import Alert, Silence

ALERTS, GROUPS, ROUTES, SILENCES, RULES = 10_000, 1_000, 200, 100, 20
#: Seconds; how long the real one waits until it flushes, so that all alerts are there.
WAIT = 5
PASSES = 7


def configuration():
    """Half of the routes match exactly, half by expression; nobody is told, since sending is not what is measured."""
    routes = [
        {"matchers": [f'team="t{number}"' if number % 2 else f'team=~"t{number}|x{number}.*"'], "receiver": "team"}
        for number in range(ROUTES)
    ]
    rules = [
        {
            "source_matchers": [f'rule="{number}"', 'severity="critical"'],
            "target_matchers": [f'rule="{number}"', 'severity="warning"'],
            "equal": ["cluster"],
        }
        for number in range(RULES)
    ]
    root = {"receiver": "team", "group_by": ["alertname", "cluster"], "group_wait": f"{WAIT}s", "routes": routes}
    hook = {"url": "http://127.0.0.1:9/"}
    receivers = [{"name": "team", "webhook_configs": [hook]}]
    return json.dumps({"route": root, "receivers": receivers, "inhibit_rules": rules})


def labels(number):
    """Ten alerts a group, one of which is critical."""
    group, place = divmod(number, ALERTS // GROUPS)
    return {
        "alertname": f"Alert{group % 50}",
        "cluster": f"c{group}",
        "team": f"t{group % (ROUTES + 20)}",
        "rule": str(group % (RULES * 2)),
        "severity": "warning" if place else "critical",
        "instance": f"host-{number}:9100",
        "job": "node",
    }


def matchers():
    """Of every tenth group; half of the silences match exactly, half by expression."""
    return [
        f'cluster="c{group}"' if group % 20 else f'instance=~"host-{group}.:.*",job="node"'
        for group in range(0, GROUPS, GROUPS // SILENCES)
    ]


def alerts(count, now):
    return [
        Alert(
            group="g",
            rule="r",
            fingerprint=fingerprint(labels(number).items()),
            labels=labels(number),
            annotations={"summary": "something is wrong"},
            state="firing",
            value=1.0,
            active_at=now - 60,
        )
        for number in range(count)
    ]


def silences(now):
    times = {"starts_at": now - 60, "ends_at": now + HOUR, "updated_at": now}
    return tuple(
        Silence(id=str(number), matchers=silence_matchers(parse(text)), created_by="me", comment="", **times)
        for number, text in enumerate(matchers())
    )


def measure(count):
    """CPU milliseconds of looks: the first of all, those at which every group is told, and those without news."""
    now = time.time()
    config = load(configuration(), "alertmanager.yml")
    there, silent = alerts(count, now), silences(now)
    dispatcher = Dispatcher(config)

    def look(**known):
        begun = time.process_time()
        result = dispatcher.dispatch(Known(alerts=there, silences=silent, **known), now=now)
        return result, (time.process_time() - begun) * 1000

    result, first = look()
    told = {told_key(logged): logged for _, logged in result.decisions}
    telling = statistics.median(look()[1] for _ in range(PASSES))
    quiet = statistics.median(look(told=told, timers=result.timers)[1] for _ in range(PASSES))
    return first, telling, quiet, len(result.decisions), len(result.held)


def measure_real(oracles, folder):
    """CPU milliseconds of the real one: to take all alerts, and to flush every group."""
    with Alertmanager(oracles, configuration(), folder) as real:
        now = time.time()
        for number, text in enumerate(matchers()):
            found = silence_matchers(parse(text))
            given = [
                {"name": each.name, "value": each.value, "isRegex": each.is_regex, "isEqual": each.is_equal}
                for each in found
            ]
            real.silence(str(number), given, now, 0, HOUR)
        body = [
            {"labels": labels(number), "startsAt": rfc3339(now), "endsAt": rfc3339(now + HOUR)}
            for number in range(ALERTS)
        ]
        process = psutil.Process(real.process.pid)
        before = cpu(process)
        real.post_alerts(body)
        taken = cpu(process)
        time.sleep(max(0.0, now + WAIT - 1 - time.time()))
        waited = cpu(process)
        time.sleep(3)
        return taken - before, cpu(process) - waited


def cpu(process):
    times = process.cpu_times()
    return (times.user + times.system) * 1000


def main():
    print(f"\nA look at all alerts, with {ROUTES} routes, {SILENCES} silences and {RULES} inhibition rules, in CPU ms:")
    print(f"{'alerts':>8}{'without news':>14}{'all groups told':>17}{'the first':>11}{'told':>7}{'held back':>11}")
    for count in (ALERTS // 10, ALERTS // 2, ALERTS):
        first, telling, quiet, told, held = measure(count)
        print(f"{count:8}{quiet:14.0f}{telling:17.0f}{first:11.0f}{told:7}{held:11}")
    oracles = os.environ.get("TOCSIN_ORACLES")
    if not oracles:
        print("The real Alertmanager is not measured: TOCSIN_ORACLES names no folder with it.")
        return
    with tempfile.TemporaryDirectory() as folder:
        taken, flushed = measure_real(Path(oracles), Path(folder))
    print(f"The real Alertmanager, {ALERTS} alerts: {taken:.0f} to take them, {flushed:.0f} to flush every group once.")


main()
