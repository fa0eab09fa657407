import sqlite3

import sqlalchemy as sa
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Account(Base):
    __tablename__ = "accounts"
    id = sa.Column(sa.Integer, primary_key=True)
    email = sa.Column(sa.String, unique=True)
    name = sa.Column(sa.String, nullable=False)


class Entry(Base):
    __tablename__ = "entries"
    __table_args__ = (sa.CheckConstraint("amount > 0", name="entry_amount_positive"),)
    id = sa.Column(sa.Integer, primary_key=True)
    amount = sa.Column(sa.Integer)


def session():
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    Base.metadata.create_all(engine)
    return Session(engine)


def store(db, *rows):
    db.add_all(rows)
    db.commit()


def register(email):
    with session() as db:
        store(db, Account(email=email, name="a"), Account(email=email, name="b"))


def register_nameless(email):
    with session() as db:
        store(db, Account(email=email))


def book(amount):
    with session() as db:
        store(db, Entry(amount=amount))


def one(query):
    with session() as db:
        return db.execute(query).scalar_one()


def account_of(email):
    return one(sa.select(Account).where(Account.email == email))


def entry_of(number):
    return one(sa.select(Entry).where(Entry.id == number))


def statement(month):
    with session() as db:
        return db.execute(sa.text("select totl from entries where month = :month"), {"month": month}).all()


def archive(year):
    with session() as db:
        return db.execute(sa.text(f"select * from archive_{year}")).all()


def run(connection, sql):
    connection.execute(sql)


def vacuum(folder):
    path = f"{folder}/ledger.db"
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("create table if not exists t (a)")
    blocker.execute("begin exclusive")
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        sql = f"insert into t values ({len(folder)})"
        run(connection, sql)
    finally:
        blocker.close()
        connection.close()


def write_replica(folder):
    path = f"{folder}/ledger.db"
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("create table if not exists t (a)")
    blocker.close()
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        sql = f"insert into t values ({len(folder)})"
        run(connection, sql)
    finally:
        connection.close()
