"""The data of a small shop as Parquet files. It is the same in every run."""

import datetime
import decimal
import io
import random

import pyarrow as pa
import pyarrow.parquet as pq

PRODUCTS = ["Espresso cups", "Filter paper", "Hand grinder", "Kettle", "Scale", "Tea strainer", "Travel mug"]
CITIES = ["Bergen", "Bilbao", "Kraków", "Lyon", "Porto", "Tartu", "Zürich"]
MONTHS = [(2024, 1), (2024, 2), (2024, 3)]
ORDERS_A_MONTH = 4000
CUSTOMERS = 600
LATE_ORDERS = 25


def sample_objects():
    """Pairs of key and bytes."""
    rng = random.Random(2024)
    yield "products.parquet", _parquet(_products(rng))
    yield "customers/part-0.parquet", _parquet(_customers(rng, 0))
    yield "customers/part-1.parquet", _parquet(_customers(rng, CUSTOMERS // 2))
    for year, month in MONTHS:
        yield f"orders/{year}/{month:02}/orders.parquet", _parquet(_orders(rng, year, month))


def late_object():
    """Key and bytes of one more object of the orders of the last month."""
    year, month = MONTHS[-1]
    rows = _orders(random.Random(2025), year, month).slice(0, LATE_ORDERS)
    ids = pa.array([f"late-{i}" for i in range(LATE_ORDERS)])
    return f"orders/{year}/{month:02}/late.parquet", _parquet(rows.set_column(0, "order_id", ids))


def _parquet(table):
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _price(rng):
    return decimal.Decimal(rng.randrange(300, 9000)).scaleb(-2)


def _products(rng):
    return pa.table({
        "product_id": pa.array(range(len(PRODUCTS)), pa.int32()),
        "name": PRODUCTS,
        "price": pa.array([_price(rng) for _ in PRODUCTS], pa.decimal128(10, 2)),
        "tags": [rng.sample(["coffee", "tea", "gift", "new"], rng.randrange(3)) for _ in PRODUCTS],
    })


def _customers(rng, first):
    ids = range(first, first + CUSTOMERS // 2)
    return pa.table({
        "customer_id": pa.array(ids, pa.int64()),
        "email": [None if i % 9 == 0 else f"customer{i}@example.com" for i in ids],
        "address": [{"city": rng.choice(CITIES), "zip": f"{rng.randrange(10000, 99999)}"} for _ in ids],
        "since": [datetime.date(2019, 1, 1) + datetime.timedelta(days=rng.randrange(1800)) for _ in ids],
        "newsletter": [rng.random() < 0.4 for _ in ids],
    })


def _orders(rng, year, month):
    start = datetime.datetime(year, month, 1, tzinfo=datetime.timezone.utc)
    moments = sorted(start + datetime.timedelta(seconds=rng.randrange(28 * 86400)) for _ in range(ORDERS_A_MONTH))
    return pa.table({
        "order_id": [f"{year}{month:02}-{i:05}" for i in range(ORDERS_A_MONTH)],
        "customer_id": pa.array([rng.randrange(CUSTOMERS) for _ in moments], pa.int64()),
        "ordered_at": pa.array(moments, pa.timestamp("us", "UTC")),
        "product_ids": pa.array(
            [rng.sample(range(len(PRODUCTS)), rng.randrange(1, 4)) for _ in moments], pa.list_(pa.int32())
        ),
        "total": pa.array([_price(rng) for _ in moments], pa.decimal128(10, 2)),
    })
