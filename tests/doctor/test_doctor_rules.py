from tocsin.config import load
from tocsin.doctor.rules import check_rules


def test_thresholds_are_counted_and_each_problem_is_a_line(tmp_path):
    (tmp_path / "tocsin.yml").write_text(
        "thresholds:\n"
        "  Fine: {metric: orders_total, stat: rate, above: {warning: 5}}\n"
        "  Wrong: {metric: orders_total, stat: rate, above: {warnin: 5, critical: 9}}\n"
    )
    config = load(environ={"TOCSIN_CONFIG": str(tmp_path / "tocsin.yml"), "TOCSIN_PACKS": "none"}).config
    packs, counted, problem = check_rules(config)
    assert (packs.status, packs.found) == ("ok", "none")
    assert (counted.name, counted.status, counted.found) == ("thresholds", "ok", "1 rule")
    assert (problem.name, problem.status) == ("thresholds", "broken")
    assert "thresholds.Wrong.above.warnin" in problem.found
    assert "did you mean warning?" in problem.found
