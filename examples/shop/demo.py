"""Breaks the shop in ten ways, and compares what Tocsin finds with what it should find.

Runs real processes on loopback for about a minute and stops them all. OTLP=http://host:4318 exports the telemetry there
too. Exits with 1 if an issue or an alert is missing or extra.
"""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tocsin.store import Issue, Store

import judgement
from deployment import Shop, open_shop
from listener import Listener
from processes import Processes
from signatures import FAULTS, ORDINARY, PAYMENTS, STOREFRONT, WORKER, Fault, Request

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
FOLDER = Path(".demo")
STORE = FOLDER / "tocsin.db"

#: A request that fails at once is repeated as often, so that a rate can be seen; a slow one and a task are not.
REPEATS, REPEATS_OF_SLOW, REPEATS_OF_TASKS = 8, 5, 2
PAUSE = 0.35
PATIENCE = 30.0

LAUNCHERS = {
    # One process evaluates rules; the others only write, and any of them would take over.
    STOREFRONT: (str(BIN / "tocsin"), "run", "--"),
    PAYMENTS: (str(BIN / "opentelemetry-instrument"),),
    WORKER: (str(BIN / "opentelemetry-instrument"),),
}


def main() -> int:
    """Everything, in order."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    begun = time.monotonic()
    with Listener() as listener:
        with Processes(FOLDER) as processes:
            say(f"Starting storefront (2 workers), payments and worker; their logs are in {FOLDER}/ …")
            shop = open_shop(processes, launchers=LAUNCHERS, environment=environment(listener))
            store = Store(STORE.resolve())
            ordinary(shop)
            triggers = {fault.name: break_with(shop, store, fault) for fault in FAULTS}
            say("\nWaiting for the alerts …")
            wait_until(lambda: all(finding.found for finding in judgement.judge_alerts(FAULTS, told(listener))))
            say("Stopping the shop …")
        issues = sorted(store.issues.recent(), key=lambda issue: issue.id)
        show(listener)
    findings = [*judgement.judge_issues(triggers, FAULTS, issues), *judgement.judge_alerts(FAULTS, told(listener))]
    return summary(findings, seconds=time.monotonic() - begun)


def environment(listener: Listener) -> dict[str, str]:
    """The stock launcher's settings and Tocsin's; intervals are short, because a demonstration is."""
    otlp = os.environ.get("OTLP")
    exporter = "otlp" if otlp else "none"
    export = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"} if otlp else {}
    return {
        **export,
        "OTEL_TRACES_EXPORTER": exporter,
        "OTEL_METRICS_EXPORTER": exporter,
        "OTEL_LOGS_EXPORTER": exporter,
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
        "TOCSIN_STORE": str(STORE.resolve()),
        "TOCSIN_RULES": str(HERE / "rules.yml"),
        "TOCSIN_PACKS": "issues,telemetry",
        "TOCSIN_WEBHOOK_URL": listener.url,
        "TOCSIN_FLUSH_INTERVAL": "200ms",
        "TOCSIN_METRIC_INTERVAL": "1s",
        "TOCSIN_EVALUATION_INTERVAL": "1s",
        "TOCSIN_GROUP_WAIT": "1s",
        "TOCSIN_GROUP_INTERVAL": "5s",
    }


def ordinary(shop: Shop) -> None:
    """What makes no issue."""
    answers = [shop.send(request).status_code == status for request, status in ORDINARY]
    say(f"{sum(answers)} of {len(answers)} ordinary requests answered as they should (200, 201, 202, 404, 422).\n")


def break_with(shop: Shop, store: Store, fault: Fault) -> int:
    """Turn the fault on, trigger it, show each failing request with its issue, turn it off; how often triggered."""
    say(f"{fault.name}: {fault.story}")
    if fault.switch:
        shop.turn(fault.switch, on=True)
    times = REPEATS_OF_TASKS if fault.task else REPEATS if fault.issues else REPEATS_OF_SLOW
    sent = [send(shop, fault.request) for _ in range(times)]
    for trace_id, at, status, took in sent:
        found = wait_until(lambda trace_id=trace_id: issues_of(store, fault, trace_id)) if fault.issues else []
        say(line(fault, at, status, took, found or []))
    if fault.switch:
        shop.turn(fault.switch, on=False)
    return times


def send(shop: Shop, request: Request) -> tuple[str, float, int, float]:
    """Trace id, time, status and seconds of one request, which begins a trace of its own."""
    trace_id = secrets.token_hex(16)
    at = time.time()
    response = shop.send(request, headers={"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"})
    took = time.time() - at
    time.sleep(max(0.0, PAUSE - took))
    return trace_id, at, response.status_code, took


def issues_of(store: Store, fault: Fault, trace_id: str) -> list[Issue]:
    """The issues that this request became; none while one is still missing."""
    issues = [issue for issue in store.issues.recent() if trace_id in traces(store, issue)]
    return issues if len(issues) >= len(fault.issues) else []


def traces(store: Store, issue: Issue) -> set[str]:
    return {occurrence.trace_id for occurrence in store.issues.occurrences(issue.id)}


def line(fault: Fault, at: float, status: int, took: float, issues: Iterable[Issue]) -> str:
    """One failing request."""
    mark = "✓" if status < 400 else "✗"
    request = f"{fault.request.method} {fault.request.path}"
    found = [f"issue {issue.id}: {issue.error_type.rpartition('.')[2]} at {issue.culprit}" for issue in issues]
    where = "; ".join(found) or "no error, but slow"
    return f"  {clock(at)} {mark} {request:30} {status} {took * 1000:5.0f} ms  {where}"


def told(listener: Listener) -> list[dict[str, Any]]:
    """Every alert that the webhook was told."""
    return [alert for _, alert in listener.alerts()]


def show(listener: Listener) -> None:
    """What the command line shows, and what was delivered."""
    say("\n$ tocsin issues")
    tocsin("issues")
    say("\n$ tocsin alerts history")
    tocsin("alerts", "history")
    say(f"\n{len(listener.deliveries)} notifications came to the webhook:")
    for delivery, alert in listener.alerts():
        what, severity = alert["annotations"]["summary"], alert["labels"]["severity"]
        say(f"  {clock(delivery.at)} {alert['status']:8} {severity:8} {what}")


def tocsin(*arguments: str) -> None:
    subprocess.run([str(BIN / "tocsin"), *arguments, "--store", str(STORE)], check=True)


def summary(findings: list[judgement.Finding], *, seconds: float) -> int:
    """Expected beside found; the exit code."""
    say("\nExpected and found:")
    for finding in findings:
        mark = "✓" if finding.ok else "✗"
        remark = "" if finding.ok else "  ← extra" if finding.found else "  ← missing"
        say(f"  {mark} {finding.fault:18} {finding.expected or finding.found}{remark}")
    wrong = sum(not finding.ok for finding in findings)
    say(f"\n{len(findings) - wrong} as expected, {wrong} not, in {seconds:.0f} s.")
    if not wrong:
        say(f"Next: .venv/bin/tocsin issues show 1 --store {STORE}    what is known of an issue")
        say("      make demo OTLP=http://localhost:4318             the same, exported to a collector of yours")
        say("      README.md                                        how to put it on your own application")
    return 1 if wrong else 0


def wait_until(condition: Callable[[], Any]) -> Any:
    """The first true value of the condition, or its last false one when patience is over."""
    for value in poll(condition):
        if value:
            return value
    return value


def poll(condition: Callable[[], Any]) -> Iterator[Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield condition()
        time.sleep(0.1)


def clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
