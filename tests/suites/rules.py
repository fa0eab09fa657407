"""Rule files that promtool accepts or refuses."""

import csv
import json

from tocsin.rules import RuleFileError, load


def files(folder):
    with (folder / "rulefmt" / "verdict.tsv").open() as table:
        cases = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    for case in cases:
        yield case["file"], _verdict((folder / "rulefmt" / case["file"]).read_text(), case["verdict"])


def templates(folder):
    for case in json.loads((folder / "rulefmt" / "inline.json").read_text())["cases"]:
        yield case["rules"][:80], _verdict(case["rules"], "reject" if case["must_fail"] else "accept")


def _verdict(text, expected):
    try:
        load(text, source="rules.yml")
    except RuleFileError as error:
        return None if expected == "reject" else f"refused: {error}"
    return None if expected == "accept" else "accepted"
