from tocsin.evaluator.courtesy import REST, RUN, Courtesy


def test_rests_once_for_every_stretch_of_work():
    rests, times = [], iter([0.0, RUN / 2, RUN, RUN + REST, RUN + REST])
    courtesy = Courtesy(clock=times.__next__, sleep=rests.append)
    courtesy()
    assert rests == []
    courtesy()
    courtesy()
    assert rests == [REST]
