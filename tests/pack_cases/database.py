"""Databases and their pools: series that make each alert fire, and series that nearly do."""

from pack_cases.case import Case, durations, steady

DATABASE = "db_client_operation_duration_seconds"


def pool(used, most, state="used"):
    labels = 'job="shop",instance="a",db_client_connection_pool_name="main"'
    return {
        f'db_client_connection_count{{{labels},db_client_connection_state="{state}"}}': f"{used}x60",
        f"db_client_connection_max{{{labels}}}": f"{most}x60",
    }


def old_pool(used, most):
    labels = 'job="shop",instance="a",pool_name="main"'
    return {
        f'db_client_connections_usage{{{labels},state="used"}}': f"{used}x60",
        f"db_client_connections_max{{{labels}}}": f"{most}x60",
    }


def slow_queries(rate, bound):
    return {
        f"{DATABASE}_count{{{POSTGRES}}}": steady(100),
        f'{DATABASE}_bucket{{{POSTGRES},le="{bound}"}}': steady(100 - rate),
        f'{DATABASE}_bucket{{{POSTGRES},le="+Inf"}}': steady(100),
    }


POSTGRES = 'job="shop",db_system_name="postgresql"'
POOL = 'job="shop",db_client_connection_pool_name="main"'
QUERIES = ("SlowQueries", "warning", "30 slow postgresql queries of shop in 5 minutes")
IN_USE = "85% of the connections of shop are in use"

CASES = [
    Case(
        "a tenth of the operations fails",
        "database",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql"}}': steady(9),
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql",error_type="OperationalError"}}': steady(1),
        },
        600,
        (("DatabaseErrors", "critical", "10% of the postgresql operations of shop fail"),),
    ),
    Case(
        "a fiftieth of the operations fails",
        "database",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql"}}': steady(49),
            f'{DATABASE}_count{{job="shop",db_system_name="postgresql",error_type="OperationalError"}}': steady(1),
        },
        600,
    ),
    Case(
        "a tenth of the operations takes a second",
        "database",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="mysql"}}': steady(10),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="0.5"}}': steady(9),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="1"}}': steady(10),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="+Inf"}}': steady(10),
        },
        900,
        (("SlowDatabase", "warning", "mysql is slow for shop"),),
    ),
    Case(
        "a fiftieth of the operations takes a second",
        "database",
        {
            f'{DATABASE}_count{{job="shop",db_system_name="mysql"}}': steady(50),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="0.5"}}': steady(49),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="1"}}': steady(50),
            f'{DATABASE}_bucket{{job="shop",db_system_name="mysql",le="+Inf"}}': steady(50),
        },
        900,
    ),
    Case("17 of 20 connections", "database", pool(17, 20), 600, (("PoolNearlyEmpty", "warning", IN_USE),)),
    Case(
        "17 of 20 connections, old conventions",
        "database",
        old_pool(17, 20),
        600,
        (("PoolNearlyEmpty", "warning", IN_USE),),
    ),
    Case(
        "all connections",
        "database",
        pool(20, 20),
        600,
        (
            ("PoolNearlyEmpty", "critical", "100% of the connections of shop are in use"),
            ("PoolNearlyEmpty", "warning", "100% of the connections of shop are in use"),
        ),
    ),
    Case("16 of 20 connections", "database", pool(16, 20), 600),
    Case("17 of 20 connections are idle", "database", pool(17, 20, "idle"), 600),
    Case("30 queries of more than a second", "database", slow_queries(1.5, "1"), 600, (QUERIES,)),
    Case("10 queries of more than a second", "database", slow_queries(0.5, "1"), 600),
    Case(
        "30 queries of more than 5 seconds, bounds of another unit",
        "database",
        slow_queries(1.5, "5"),
        600,
        (QUERIES,),
    ),
    Case(
        "operations of 2 seconds, bounds of another unit",
        "database",
        {
            **durations(DATABASE, 2, POSTGRES),
            f'{DATABASE}_bucket{{{POSTGRES},le="5"}}': steady(1),
            f'{DATABASE}_bucket{{{POSTGRES},le="+Inf"}}': steady(1),
        },
        900,
        (("SlowDatabase", "warning", "postgresql is slow for shop"),),
    ),
    Case(
        "operations of 0.1 seconds, bounds of another unit",
        "database",
        {
            **durations(DATABASE, 0.1, POSTGRES),
            f'{DATABASE}_bucket{{{POSTGRES},le="5"}}': steady(1),
            f'{DATABASE}_bucket{{{POSTGRES},le="+Inf"}}': steady(1),
        },
        900,
    ),
    Case(
        "two wait in vain for a connection",
        "database",
        {f"db_client_connection_timeouts_total{{{POOL}}}": "0x20 2x20"},
        450,
        (("PoolTimeouts", "critical", "shop waits in vain for database connections"),),
    ),
    Case("nobody waits in vain any more", "database", {f"db_client_connection_timeouts_total{{{POOL}}}": "2x60"}, 900),
]
