"""The host and its processes: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, steady


def processors(busy, idle, *, instance="a", host=""):
    where = f',host_name="{host}"' if host else ""
    return {
        f'system_cpu_time_seconds_total{{job="shop",instance="{instance}",cpu_mode="user"{where}}}': steady(busy),
        f'system_cpu_time_seconds_total{{job="shop",instance="{instance}",cpu_mode="idle"{where}}}': steady(idle),
    }


def memory(used):
    return {f'system_memory_utilization_ratio{{job="shop",instance="a",system_memory_state="{used[0]}"}}': used[1]}


def disk(value, labels=""):
    mount = 'system_device="/dev/sda1",system_filesystem_mountpoint="/"'
    return {f'system_filesystem_utilization_ratio{{job="shop",instance="a",{mount}{labels}}}': value}


BUSY = "The processors are 80% busy"


def open_files(count):
    labels = 'job="shop",instance="a"'
    return {
        f"process_open_file_descriptor_count{{{labels}}}": f"{count}x60",
        f"process_open_file_descriptor_limit{{{labels}}}": "1024x60",
    }


CASES = [
    Case("processors 80 % busy", "host", processors(12, 3), 600, (("HighCpu", "warning", BUSY),)),
    Case("processors 60 % busy", "host", processors(9, 6), 600),
    Case(
        "processors 95 % busy",
        "host",
        processors(19, 1),
        600,
        (
            ("HighCpu", "critical", "The processors are 95% busy"),
            ("HighCpu", "warning", "The processors are 95% busy"),
        ),
    ),
    Case(
        "two processes report one host",
        "host",
        processors(12, 3, host="web1") | processors(12, 3, host="web1", instance="b"),
        600,
        (("HighCpu", "warning", "The processors of web1 are 80% busy"),),
    ),
    Case(
        "memory 80 % full",
        "host",
        memory(("used", "0.8x60")),
        600,
        (("HighMemory", "warning", "The memory is 80% full"),),
    ),
    Case("memory 75 % full", "host", memory(("used", "0.75x60")), 600),
    Case("memory 80 % free", "host", memory(("free", "0.8x60")), 600),
    Case("disk 85 % full", "host", disk("0.85x60"), 600, (("DiskFull", "warning", "The disk at / is 85% full"),)),
    Case("disk 80 % full", "host", disk("0.8x60"), 600),
    Case("disk 85 % free", "host", disk("0.85x60", ',system_filesystem_state="free"'), 600),
    Case(
        "disk 99 % full",
        "host",
        disk("0.99x60", ',system_filesystem_state="used"'),
        600,
        (
            ("DiskFull", "critical", "The disk at / is 99% full"),
            ("DiskFull", "warning", "The disk at / is 99% full"),
        ),
    ),
    Case(
        "three tasks a processor",
        "host",
        {"system_cpu_load_average_1m": "24x60", "system_cpu_logical_count": "8x60"},
        900,
        (("HighLoad", "warning", "The load is 3 for each processor"),),
    ),
    Case(
        "two tasks a processor",
        "host",
        {"system_cpu_load_average_1m": "16x60", "system_cpu_logical_count": "8x60"},
        900,
    ),
    Case(
        "processors 80 % busy, old conventions",
        "host",
        {
            'system_cpu_time_seconds_total{state="user",cpu="1"}': steady(12),
            'system_cpu_time_seconds_total{state="idle",cpu="1"}': steady(3),
        },
        600,
        (("HighCpu", "warning", BUSY),),
    ),
    Case(
        "900 of 1,024 open files",
        "host",
        open_files(900),
        600,
        (("ManyOpenFiles", "warning", "A process of shop has 87.89% of the files open that it may"),),
    ),
    Case(
        "1,000 of 1,024 open files",
        "host",
        open_files(1000),
        600,
        (
            ("ManyOpenFiles", "critical", "A process of shop has 97.66% of the files open that it may"),
            ("ManyOpenFiles", "warning", "A process of shop has 97.66% of the files open that it may"),
        ),
    ),
    Case("800 of 1,024 open files", "host", open_files(800), 600),
]
