"""Tasks and workers: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, durations, steady

TASK = "messaging_process_duration_seconds"


def heartbeat(instance, beats):
    return {f'tocsin_celery_worker_heartbeat_seconds{{job="worker",instance="{instance}"}}': f"0+15x{beats}"}


MAIL = 'job="worker",celery_task_name="mail"'
TASKS = f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail"}}'

CASES = [
    Case(
        "a tenth of the tasks fails",
        "celery",
        {
            f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail"}}': steady(9),
            f'{TASK}_count{{job="worker",messaging_system="celery",celery_task_name="mail",error_type="E"}}': steady(1),
        },
        600,
        (("TasksFail", "warning", "10% of the mail tasks fail"),),
    ),
    Case(
        "messages of another system fail",
        "celery",
        {f'{TASK}_count{{job="worker",messaging_system="kafka",error_type="E"}}': steady(1)},
        600,
    ),
    Case(
        "a third is retried",
        "celery",
        {
            'flower_events_total{task="mail",type="task-started",worker="w"}': steady(3),
            'flower_events_total{task="mail",type="task-retried",worker="w"}': steady(1),
        },
        900,
        (("TasksRetry", "warning", "33.33% of the mail tasks are retried"),),
    ),
    Case(
        "a tenth is retried",
        "celery",
        {
            'flower_events_total{task="mail",type="task-started",worker="w"}': steady(10),
            'flower_events_total{task="mail",type="task-retried",worker="w"}': steady(1),
        },
        900,
    ),
    Case(
        "tasks wait for two minutes",
        "celery",
        {'flower_task_prefetch_time_seconds{task="mail",worker="w"}': "120x60"},
        600,
        (("TasksWait", "warning", "mail tasks wait 2m 0s for a worker"),),
    ),
    Case(
        "tasks wait for a minute", "celery", {'flower_task_prefetch_time_seconds{task="mail",worker="w"}': "60x60"}, 600
    ),
    Case(
        "the worker is gone",
        "celery",
        {TASKS: steady(1, 40)},
        1260,
        (("WorkerSilent", "warning", "No worker of worker reports"),),
    ),
    Case("the worker restarts", "celery", {TASKS: f"{steady(1, 40)} 0+1x60"}, 1260),
    Case(
        "the heartbeat ends",
        "celery",
        {'flower_worker_online{worker="w"}': "1x20 0x40"},
        900,
        (("WorkerOffline", "warning", "The worker w sends no heartbeat"),),
    ),
    Case("the heartbeat goes on", "celery", {'flower_worker_online{worker="w"}': "1x60"}, 900),
    Case(
        "a third is retried, as Tocsin measures",
        "celery",
        {TASKS: steady(3), f"tocsin_celery_task_retries_total{{{MAIL}}}": steady(1)},
        900,
        (("TasksRetry", "warning", "33.33% of the mail tasks are retried"),),
    ),
    Case(
        "a tenth is retried, as Tocsin measures",
        "celery",
        {TASKS: steady(10), f"tocsin_celery_task_retries_total{{{MAIL}}}": steady(1)},
        900,
    ),
    Case(
        "tasks wait for 100 seconds, as Tocsin measures",
        "celery",
        durations("tocsin_celery_task_queue_duration_seconds", 100.5, MAIL),
        900,
        (("TasksWait", "warning", "mail tasks wait 1m 40s for a worker"),),
    ),
    Case(
        "tasks wait for half a minute",
        "celery",
        durations("tocsin_celery_task_queue_duration_seconds", 30, MAIL),
        900,
    ),
    Case(
        "all workers lose their heartbeat",
        "celery",
        heartbeat("a", 20) | heartbeat("b", 10),
        600,
        (("WorkerSilent", "warning", "No worker of worker reports"),),
    ),
    Case("one of two workers has a heartbeat", "celery", heartbeat("a", 20) | heartbeat("b", 60), 600),
]
