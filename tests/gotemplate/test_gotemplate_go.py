# ruff: noqa: E501, Q003  a case is a line, however long
"""What Go prints and how it complains: every case can be checked against the real amtool."""

import pytest

from tocsin.gotemplate import Template, TemplateError, alertmanager_functions

PRINTED = [
    ('{{ printf "%d" 3.5 }}', "%!d(float64=3.5)"),
    ('{{ printf "%d %s %v %t" 3 "x" true false }}', "3 x true false"),
    ('{{ printf "%.2f" 1 }}', "%!f(int=01)"),
    ('{{ printf "%.2f %.0f %.0f" 1.005 0.5 1.5 }}', "1.00 0 2"),
    ('{{ printf "%5.1f|%-8s|%08.3f|%+d|% d" 3.14159 "ab" 3.14159 5 7 }}', "  3.1|ab      |0003.142|+5| 7"),
    ('{{ printf "%x %X %o %b %c %q %U %#x %#o" 255 255 8 5 65 "a\\"b" 65 255 8 }}', 'ff FF 10 101 A "a\\"b" U+0041 0xff 010'),
    ('{{ printf "%s" 1 }} {{ printf "%t" 1 }} {{ printf "%d" "a" }}', "%!s(int=1) %!t(int=1) %!d(string=a)"),
    ("{{ 1e6 }} {{ 1e21 }} {{ 0.00001 }} {{ 100000.0 }} {{ 123456789.0 }}", "1e+06 1e+21 1e-05 100000 1.23456789e+08"),
    ('{{ printf "%g %G %e %E" 1e-7 1e-7 123456.789 0.0 }}', "1e-07 1E-07 1.234568e+05 0.000000E+00"),
    ('{{ printf "%!" }} {{ printf "%" }} {{ printf "%d" }}', "%!!(MISSING) %!(NOVERB) %!d(MISSING)"),
    ('{{ printf "a" 1 "b" }}', "a%!(EXTRA int=1, string=b)"),
    ('{{ printf "%[2]d %[1]d" 1 2 }} {{ printf "%*d" 5 1 }} {{ printf "%.*f" 2 3.14159 }}', "2 1     1 3.14"),
    ('{{ printf "%T %T %T %T" 1 1.0 "a" true }}', "int float64 string bool"),
    ('{{ printf "%6.2f%%" 12.3456 }}', " 12.35%"),
    ('{{ printf "%x %X" "hello" "hi" }} {{ printf "% x" "hi" }}', "68656c6c6f 6869 68 69"),
    ('{{ printf "%.3s|%10s|%-10s|" "abcdef" "abc" "abc" }}', "abc|       abc|abc       |"),
    ('{{ printf "%6d|%-6d|%06d" -42 -42 -42 }}', "   -42|-42   |-00042"),
    ('{{ list "a" 2.5 }} {{ dict "b" 1 "a" "c" }} {{ list }} {{ list nil }}', "[a 2.5] map[a:c b:1] [] [<nil>]"),
    ('{{ printf "%s %d %q" (list "a" "b") (list 1 2) (list "x") }}', '[a b] [1 2] ["x"]'),
    ('{{ print 1 2 "a" "b" 3 }}|{{ println "a" 1 }}|{{ print nil }}', "1 2ab3|a 1\n|<nil>"),
    ('{{ len "héllo" }} {{ len (list 1 2) }} {{ len (dict) }}', "6 2 0"),
    ('{{ index (list 1 2 3) 1 }} {{ index (dict "a" 5) "a" }} {{ index (dict "a" 5) "b" }}', "2 5 <no value>"),
    ('{{ index "abc" 1 }} {{ slice "hello" 1 3 }} {{ slice (list 1 2 3) 1 }}', "98 el [2 3]"),
    ("{{ eq 1 2 3 1 }} {{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt 1.5 1.0 }} {{ ge \"b\" \"a\" }}", "true true true true true true"),
    ('{{ and 1 0 2 }} {{ or 0 "" "x" }} {{ or 0 0 }} {{ not 0 }} {{ eq nil nil }}', "0 x 0 true true"),
    ("{{ or true (index (list) 1) }} {{ and false (index (list) 1) }}", "true false"),
    ("{{ if false }}a{{ else if true }}b{{ else }}c{{ end }}", "b"),
    ("{{ with 0 }}a{{ else with 5 }}{{ . }}{{ end }}{{ with $x := 5 }}{{ $x }}{{ end }}", "55"),
    ('{{ range $i, $e := list "a" "b" }}{{ $i }}={{ $e }};{{ end }}', "0=a;1=b;"),
    ("{{ range list 1 2 3 4 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ if eq . 4 }}{{ break }}{{ end }}{{ . }}{{ end }}", "13"),
    ('{{ range $k, $v := dict "b" 1 "a" 2 }}{{ $k }}={{ $v }};{{ end }}{{ range list }}x{{ else }}none{{ end }}', "a=2;b=1;none"),
    ("{{ range 3 }}{{ . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}", "01201"),
    ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"),
    ('{{ define "a" }}[{{ . }}]{{ end }}{{ template "a" 5 }}{{ template "a" }}', "[5][<no value>]"),
    ('{{ block "b" 3 }}<{{ . }}>{{ end }}{{ template "b" 4 }}', "<3><4>"),
    ('{{ "a" | printf "%s-%s" "b" }} {{ (1 | printf "%d") | printf "%s!" }} {{ 1 | }}', "b-a 1! 1"),
    ('{{ (dict "a" (dict "b" 2)).a.b }} {{ $d := dict "a" 1 }}{{ $d.a }} {{ $d.b }}', "2 1 <no value>"),
    ("{{/* comment */}}x{{- /* c */ -}}  y a  {{- 1 -}}  b {{-1}} {{- 2 }}", "xy a1b -12"),
    ("{{ `raw\\n` }} {{ \"\\t\\x41\\u00e9\\101\" }} {{ 'a' }}", "raw\\n \tAéA 97"),
    ("{{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 1e3 }} {{ .5 }} {{ -3 }} {{ 0x1p4 }}", "31 3 15 15 1000 1000 0.5 -3 16"),
    ('{{ html "<a href=\\"x\\">&\'" }} {{ urlquery "a b&c=d/é~*" }}', "&lt;a href=&#34;x&#34;&gt;&amp;&#39; a+b%26c%3Dd%2F%C3%A9~%2A"),
    ('{{ js "it\'s <b> \\n = &" }}', "it\\'s \\u003Cb\\u003E \\u000A \\u003D \\u0026"),
    ('{{ title "hello world it\'s foo-bar_baz ABC" }} {{ toUpper "straße" }}', "Hello World It's Foo-Bar_baz Abc STRAßE"),
    ('{{ reReplaceAll "(a)(b)" "$2$1 ${1}x $1x $$" "xabx" }} {{ reReplaceAll "a*" "-" "baac" }}', "xba ax  $x -b-c-"),
    ('{{ reReplaceAll "[[:digit:]]+" "N" "a12b3" }} {{ match "^a.c$" "abc" }}', "aNbN true"),
    ('{{ toJson (dict "a" (list 1 2.5 "<&>" nil true) "b" (dict)) }}', '{"a":[1,2.5,"\\u003c\\u0026\\u003e",null,true],"b":{}}'),
    ("{{ toJson 1e21 }} {{ toJson 1e-7 }} {{ toJson 123456789.0 }} {{ toJson 0.000001 }}", "1e+21 1e-7 123456789 0.000001"),
    ("{{ humanizeDuration 59.99 }} {{ humanizeDuration 1e-13 }} {{ humanizeDuration -0.5 }}", "59.99s 100fs -500ms"),
    ('{{ urlUnescape "a%20b+c" }} {{ join "," (stringSlice "a" "b") }} {{ " a " | trimSpace | len }}', "a b c a,b 1"),
]  # fmt: skip
COMPLAINTS = [
    ('{{ slice "hello" 3 1 }}', ':1:3: executing "" at <slice "hello" 3 1>: error calling slice: invalid slice index: 3 > 1'),
    ('{{ slice "hello" 1 9 }}', ':1:3: executing "" at <slice "hello" 1 9>: error calling slice: index out of range: 9'),
    ("{{ eq 1 1.0 }}", ':1:3: executing "" at <eq 1 1.0>: error calling eq: incompatible types for comparison: int and float64'),
    ("{{ len 3 }}", ':1:3: executing "" at <len 3>: error calling len: len of type int'),
    ("{{ lt true false }}", ':1:3: executing "" at <lt true false>: error calling lt: invalid type for comparison'),
    ("{{ not 1 2 }}", ':1:3: executing "" at <not>: wrong number of args for not: want 1 got 2'),
    ("{{ and }}", ':1:3: executing "" at <and>: wrong number of args for and: want at least 1 got 0'),
    ('{{ toUpper "a" "b" }}', ':1:3: executing "" at <toUpper>: wrong number of args for toUpper: want 1 got 2'),
    ("{{ 1 2 }}", ':1:3: executing "" at <1>: can\'t give argument to non-function 1'),
    ("{{ nil }}", ':1:3: executing "" at <nil>: nil is not a command'),
    ("{{ range true }}{{ end }}", ':1:9: executing "" at <true>: range can\'t iterate over true'),
    ("{{ range $i, $j := 3 }}{{ end }}", ':1:19: executing "" at <3>: can\'t use 3 to iterate over more than one variable'),
    ("{{ $x = 1 }}", ':1:8: executing "" at <1>: undefined variable: $x'),
    ('{{ template "nope" }}', ':1:12: executing "" at <{{template "nope"}}>: template "nope" not defined'),
    ("a\nb {{ index (list) 1.5 }}", ':2:5: executing "" at <index (list) 1.5>: error calling index: cannot index slice/array with type float64'),
    ("{{ nofunc }}", ':1: function "nofunc" not defined'),
    ("{{ $x }}", ':1: undefined variable "$x"'),
    ("{{ $x, $y := 1 }}", ":1: too many declarations in command"),
    ("\n\n{{ 3 * 4 }}", ':3: unexpected "*" in operand'),
    ("{{ true | false }}", ":1: non executable command in pipeline stage 2"),
    ("{{ end }}", ":1: unexpected {{end}}"),
    ("{{ else }}", ":1: unexpected {{else}}"),
    ("{{ if }}x{{ end }}", ":1: missing value for if"),
    ("{{ if 1 }}x", ":1: unexpected EOF"),
    ("{{ if 1 }}x{{ else }}y{{ else }}z{{ end }}", ":1: expected end; found {{else}}"),
    ("{{ break }}", ":1: {{break}} outside {{range}}"),
    ("{{ continue }}", ":1: {{continue}} outside {{range}}"),
    ("{{ if 1 }}{{ define \"x\" }}{{ end }}{{ end }}", ":1: unexpected <define> in command"),
    ("{{ define x }}{{ end }}", ':1: unexpected "x" in define clause'),
    ("{{ | 1 }}", ':1: unexpected "|" in command'),
    ("{{ ( 1 }}", ":1: unclosed left paren"),
    ("{{ 1 ) }}", ":1: unexpected right paren"),
    ("{{ () }}", ":1: missing value for parenthesized pipeline"),
    ('{{ "a".b }}', ':1: unexpected . after term "\\"a\\""'),
    ("{{}}", ":1: missing value for command"),
    ("{{", ":1: unclosed action"),
    ('{{ "a }}', ":1: unterminated quoted string"),
    ("{{/* x }}", ":1: unclosed comment"),
    ("{{/* x */ y}}", ":1: comment ends before closing delimiter"),
    ("{{ 'ab' }}", ":1: malformed character constant: 'ab'"),
    ("{{ 1a }}", ':1: bad number syntax: "1a"'),
    ("{{ 99999999999999999999 }}", ':1: integer overflow: "99999999999999999999"'),
    ("{{ 08 }}", ':1: integer overflow: "08"'),
]  # fmt: skip


def outcome(text):
    functions = alertmanager_functions()
    try:
        return Template.parse(text, functions=functions).render(functions=functions)
    except TemplateError as error:
        return str(error)


@pytest.mark.parametrize(("template", "printed"), PRINTED)
def test_output(template, printed):
    assert outcome(template) == printed


@pytest.mark.parametrize(("template", "complaint"), COMPLAINTS)
def test_complaints(template, complaint):
    assert outcome(template) == f"template: {complaint}"


def test_amtool_prints_the_same(amtool):
    separator = "\n----\n"
    printed = amtool(separator.join(template for template, _ in PRINTED)).split(separator)
    assert printed == [expected for _, expected in PRINTED]


def test_amtool_complains_alike(amtool):
    assert [amtool(template) for template, _ in COMPLAINTS] == [f"template: {text}" for _, text in COMPLAINTS]
