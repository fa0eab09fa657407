import asyncio
import concurrent.futures
import functools
import os
import subprocess
import sys
import time

from ledger import rows


class GaveUp(Exception):
    pass


class JobFailed(Exception):
    pass


def retry(times):
    def decorate(function):
        @functools.wraps(function)
        def attempt(*args, **kwargs):
            for number in range(times):
                try:
                    return function(*args, **kwargs)
                except Exception as error:
                    if number == times - 1:
                        raise GaveUp(f"gave up after {times} attempts") from error

        return attempt

    return decorate


def persist(function, *args):
    last = None
    for _ in range(3):
        try:
            return function(*args)
        except Exception as error:
            last = error
    raise GaveUp(f"giving up: {last!r}")


def nightly_average(values, times):
    return retry(times)(rows.average)(values)


def nightly_import(text, times):
    return retry(times)(rows.load_profile)(text)


def stubborn_average(values):
    return persist(rows.average, values)


def stubborn_parse(row):
    return persist(rows.parse, row)


async def sleep(seconds):
    await asyncio.sleep(seconds)


async def prices(seconds):
    return await asyncio.wait_for(sleep(seconds), timeout=0.01)


async def headlines(seconds):
    async with asyncio.timeout(0.01):
        await sleep(seconds)


def run_prices(seconds):
    return asyncio.run(prices(seconds))


def run_headlines(seconds):
    return asyncio.run(headlines(seconds))


async def part(store, number):
    return store[f"part-{number}"]


async def together(count):
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(part({}, number))


def run_together(count):
    return asyncio.run(together(count))


async def gathered(count):
    return await asyncio.gather(*(part({}, number) for number in range(count)))


def run_gathered(count):
    return asyncio.run(gathered(count))


def overdue(seconds):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return pool.submit(time.sleep, seconds).result(timeout=0.001)


def read(path):
    with open(path) as file:
        return file.read()


def read_upload(folder, number):
    return read(os.path.join(folder, f"upload-{number}.csv"))


def read_folder(folder):
    return read(folder)


def tool(code):
    return subprocess.run([sys.executable, "-c", f"raise SystemExit({code})"], check=True)


def missing_tool(name):
    return subprocess.run([f"convert-{name}"], check=True)


def descend(node):
    return descend({"child": node})


def post(row):
    try:
        return rows.total([row])
    except Exception as error:
        raise JobFailed(f"job {row['number']} failed") from error


def post_text(text):
    try:
        return rows.load_profile(text)
    except Exception as error:
        raise JobFailed(f"job {len(text)} failed") from error


def environment(name):
    return os.environ[name]


def database_url():
    return environment("LEDGER_DATABASE_URL")


def secret_key():
    return environment("LEDGER_SECRET_KEY")


def close(period):
    raise NotImplementedError(f"closing of {period}")


def check(total, expected):
    assert total == expected, f"{total} is not {expected}"


def many_files(rules, row):
    for rule in rules:
        rule(row)
