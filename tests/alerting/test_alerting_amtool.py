"""Verdicts on matchers and time intervals, compared with the real amtool."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tocsin.alerting import AlertingConfigError, load

FLAGS = {"fallback": "", "classic": "classic-mode", "utf8": "utf8-strict-mode"}
MATCHERS = (
    *(
        "a=b",
        "a=",
        "{a=b,}",
        "{a=b",
        "a=b}",
        'a="b',
        "ü=x",
        '"a.b"=c',
        "a.b=c",
        "a=b c",
        r'a="\d"',
        r'a=~"[\d"',
        "a={b}",
    ),
    *("a='b'", "a=b,c=d", "a=b,,c=d", "a=~(x", "=b", "a", "", "{}", ",", "a==b", "a!b", "a!=b", 'a=~"b|c"', "a!~b"),
    *(
        ' a = "b" ',
        'a="b\\nc"',
        'a="\\u00fc"',
        '"a"="b", "c"="d"',
        "a=`b`",
        'a=b"c',
        "0a=b",
        "a:b=c",
        "_=x",
        '""=x',
        'a="ü"',
    ),
)
INTERVALS = (
    "{}",
    "times: [{start_time: '00:00', end_time: '24:00'}]",
    "times: [{start_time: '9:00', end_time: '17:00'}]",
    "times: [{start_time: '17:00', end_time: '09:00'}]",
    "times: [{start_time: '24:00', end_time: '24:00'}]",
    "times: [{start_time: '09:00'}]",
    "times: []",
    "times: null",
    "weekdays: ['monday:friday', SUNDAY]",
    "weekdays: ['friday:monday']",
    "weekdays: [mon]",
    "weekdays: ['1']",
    "weekdays: ['']",
    "weekdays: ['monday: friday']",
    *(
        f"days_of_month: ['{days}']"
        for days in ("1", "0", "32", "-31:-1", "1:15", "20:-1", "28:-1", "1:-27", "1:-28", "5:3")
    ),
    *(f"days_of_month: ['{days}']" for days in ("-1:-3", "-5:5", "1:2:3", "a", "1:", ":", "+6", "1.5", "")),
    *(f"months: ['{months}']" for months in ("may", "May:JUNE", "1:3", "1:may", "june:may", "jan", "0", "13", "")),
    *(f"years: ['{years}']" for years in ("2030", "2030:2032", "2032:2030", "1_0", " 3", "x", "-3", "")),
    *(
        f"location: '{location}'"
        for location in ("Europe/Berlin", "europe/berlin", "Nowhere/X", "UTC", "Local", "", "../etc")
    ),
    "bogus: 1",
)


@pytest.fixture
def verdicts(tmp_path):
    """The real amtool's and ours on a configuration."""
    oracles = os.environ.get("TOCSIN_ORACLES")
    if not oracles:
        pytest.skip("TOCSIN_ORACLES names no folder with amtool in its bin/")
    file = tmp_path / "alertmanager.yml"

    def verdicts(text, mode="fallback"):
        file.write_text(text)
        command = [Path(oracles) / "bin" / "amtool", "check-config", f"--enable-feature={FLAGS[mode]}", file]
        theirs = subprocess.run(command, capture_output=True, check=False, timeout=20)
        return theirs.returncode == 0, _accepts(text, mode)

    return verdicts


def _accepts(text, mode):
    try:
        load(text, "alertmanager.yml", mode=mode)
    except AlertingConfigError:
        return False
    return True


@pytest.mark.parametrize("mode", FLAGS)
def test_every_mode_reads_the_matchers_that_amtool_reads(verdicts, mode):
    different = {}
    for text in MATCHERS:
        route = {"receiver": "a", "routes": [{"matchers": [text]}]}
        theirs, ours = verdicts(json.dumps({"route": route, "receivers": [{"name": "a"}]}), mode)
        if theirs is not ours:
            different[text] = f"amtool accepts: {theirs}"
    assert different == {}


def test_time_intervals_are_those_that_amtool_accepts(verdicts):
    different = {}
    for text in INTERVALS:
        part = text if text.startswith("{") else f"{{{text}}}"
        theirs, ours = verdicts(
            f"route: {{receiver: a}}\nreceivers: [{{name: a}}]\ntime_intervals: [{{name: x, time_intervals: [{part}]}}]"
        )
        if theirs is not ours:
            different[text] = f"amtool accepts: {theirs}"
    assert different == {}
