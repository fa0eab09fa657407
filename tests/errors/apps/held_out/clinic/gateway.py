import asyncio

import aiohttp
import httpx
import psycopg
import redis


class Registry:
    def __init__(self, base, timeout=2.0):
        self.base = base
        self.timeout = timeout

    def call(self, method, path, **options):
        with httpx.Client(timeout=self.timeout) as client:
            response = client.request(method, self.base + path, **options)
            response.raise_for_status()
            return response.json()

    def get(self, path):
        return self.call("GET", path)

    def patient(self, number):
        return self.get(f"/patients/{number}")

    def insurer(self, number):
        return self.get(f"/insurers/{number}")

    def submit(self, claim):
        return self.call("POST", "/claims", json=claim)


async def scan(url, seconds):
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        async with session.get(url) as response:
            response.raise_for_status()
            return await response.json()


def laboratory(url, sample):
    return asyncio.run(scan(f"{url}/results/{sample}", 2))


def pharmacy(url, recipe):
    return asyncio.run(scan(f"{url}/recipes/{recipe}", 2))


def slow_pharmacy(url, recipe):
    return asyncio.run(scan(f"{url}/recipes/{recipe}", 0.05))


def cached(port, key):
    return redis.Redis(port=port, retry=None).get(key)


def queued(server, key):
    return server.lpush(key, "x")


def counted(server, key):
    return server.incr(key)


def connect(dsn):
    return psycopg.connect(dsn, connect_timeout=2)


def patients_db(port):
    return connect(f"host=127.0.0.1 port={port} dbname=patients")
