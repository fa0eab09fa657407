"""Times and durations in templates."""

import pytest

from tocsin.gotemplate import Template, TemplateError, alertmanager_functions, prometheus_functions
from tocsin.gotemplate.duration import Duration
from tocsin.gotemplate.encoding import to_json
from tocsin.gotemplate.timestamp import Time

NOW = 1709647629.5  # 2024-03-05 14:07:09.5 UTC, a Tuesday


def render(text, data=None):
    functions = {**prometheus_functions(now=NOW), **alertmanager_functions(now=lambda: NOW)}
    return Template.parse(text, functions=functions).render(data, functions=functions)


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("2006-01-02T15:04:05Z07:00", "2024-03-05T14:07:09Z"),
        ("Mon Jan _2 15:04:05 MST 2006", "Tue Mar  5 14:07:09 UTC 2024"),
        ("Monday, 2 January 06, 3:04 PM", "Tuesday, 5 March 24, 2:07 PM"),
        ("03:04:05.000 pm", "02:07:09.500 pm"),
        ("15:04:05.999 .00 ,999", "14:07:09.5 .50 ,5"),
        ("002 __2 1 02 4 5", "065  65 3 05 7 9"),
        ("-07:00 -0700 -07 Z0700", "+00:00 +0000 +00 Z"),
        ("January Janus Month", "March Janus Month"),
        ("no layout at all", "no layout at all"),
    ],
)
def test_layouts(layout, text):
    assert Time.from_seconds(NOW).format(layout) == text


def test_zones():
    assert render('{{ tz "Asia/Kolkata" now }} {{ (now | tz "America/New_York").Format "-07:00 MST Z07" }}') == (
        "2024-03-05 19:37:09.5 +0530 IST -05:00 EST -05"
    )
    with pytest.raises(TemplateError, match="unknown time zone Mars/Base"):
        render('{{ tz "Mars/Base" now }}')


def test_parts_of_a_time():
    assert (
        render("{{ now.Year }} {{ now.Day }} {{ now.Hour }} {{ now.Minute }} {{ now.Weekday }}")
        == "2024 5 14 7 Tuesday"
    )
    assert (
        render("{{ now.Unix }} {{ now.UnixMilli }} {{ now.UnixNano }}")
        == "1709647629 1709647629500 1709647629500000000"
    )
    assert render("{{ now.IsZero }} {{ now.UTC }}") == "false 2024-03-05 14:07:09.5 +0000 UTC"


def test_times_and_durations_together():
    assert render(
        '{{ $d := 90 | toDuration }}{{ (now.Add $d).Format "15:04:05" }} {{ ((now.Add $d).Sub now).Seconds }}'
    ) == ("14:08:39 90")
    assert (
        render("{{ $later := now.Add (toDuration 1) }}{{ $later.After now }} {{ $later.Before now }}") == "true false"
    )
    assert render("{{ since (now.Add (toDuration -3600)) }}") == "1h0m0s"
    with pytest.raises(TemplateError, match=r"expected time.Duration; got int"):
        render("{{ now.Add 5 }}")


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1_500, "1.5µs"),
        (2_000_000, "2ms"),
        (1_500_000_000, "1.5s"),
        (60_000_000_000, "1m0s"),
        (-5_400_000_000_000, "-1h30m0s"),
        (90_061_000_000_000, "25h1m1s"),
    ],
)
def test_durations_as_text(nanoseconds, text):
    assert str(Duration(nanoseconds)) == text


def test_parts_of_a_duration():
    duration = Duration(5_400_000_000_000)
    parts = render("{{ .Hours }} {{ .Minutes }} {{ .Seconds }} {{ .Milliseconds }} {{ .Nanoseconds }}", duration)
    assert parts == "1.5 90 5400 5400000 5400000000000"
    assert render("{{ humanizeDuration . }}", duration) == "1h 30m 0s"


def test_json():
    assert to_json(Time.from_seconds(NOW)) == '"2024-03-05T14:07:09.5Z"'
    assert to_json(Duration(1500)) == "1500"
    for value in (float("nan"), float("inf"), object()):
        with pytest.raises(ValueError, match="json: unsupported"):
            to_json(value)


def test_dates_that_are_none():
    assert render('{{ (toDate "2006-01-02" "soon").IsZero }}') == "true"
    with pytest.raises(TemplateError, match='cannot parse "soon" as "2006"'):
        render('{{ mustToDate "2006-01-02" "soon" }}')
