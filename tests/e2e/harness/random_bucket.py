"""A bucket whose objects and misfortunes are drawn at random, and the reference that says which rows must come of it.

Every content that an object ever has is a Generation with row numbers of its own, and a row follows from its number.
So each row that is stored tells to which content of which object it belongs, and whether its values are right.
"""

import datetime
import random
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from . import faults
from .objects import parquet, table_name
from .stand_in_s3 import StandInS3, Stored, crc32, now

FOLDERS = ("a", "b", "deep/er", "Some Where")
ARCHIVES = ("GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING")
# Of rows and characters a row. Objects above 8 MiB are read in parts.
TINY, SMALL, LARGE = (30, 8), (60, 3000), (16, 600_000)
# Up to these sizes objects are read by one request, and whole after their footers.
ONE_REQUEST_BYTES, READ_WHOLE_BYTES = 16 << 10, 8 << 20


def text_of(number, characters):
    return random.Random(number).randbytes(characters // 2).hex()


def value_of(number):
    return number * 7919 % 1_000_003


@dataclass(frozen=True)
class Generation:
    """One content of an object."""

    key: str
    numbers: range
    characters: int
    is_valid: bool = True  # else some of its rows may arrive, or none

    def row(self, number):
        return table_name(self.key), number, text_of(number, self.characters), value_of(number)


@dataclass
class Step:
    """One sync: what goes wrong in it, and what does so in the course of it."""

    failing: set = field(default_factory=set)  # keys that cannot be read all the time
    damaged: set = field(default_factory=set)  # of these: may be taken for malformed
    listing_fails: bool = False
    may_be_sent_again: set = field(default_factory=set)  # keys
    replaced: dict = field(default_factory=dict)  # key -> the generation before
    come_or_gone: set = field(default_factory=set)  # keys


class RandomBucket:
    """Use as a context. `step()` changes the bucket, `settle(...)` says what was wrong with a sync's end, and
    `wrong_rows(...)` with what is stored. `history` tells it all in words."""

    def __init__(self, seed, large_objects=True, calm=False):
        self.calm = calm
        self.random = random.Random(seed)
        self._lock = threading.RLock()
        self.history = []
        self.current = {}  # key -> Generation
        self.generations = {}  # key -> all it ever had
        self.due = {}  # key -> the generations of which one must be stored; None: or nothing
        self.perhaps_read, self.surely_read = set(), set()
        self._homes = {}
        self._next_number = 1
        self._step = Step()
        self._large_objects = large_objects
        draw = self.random
        self.server = StandInS3(
            page_keys=draw.choice([1000, 1000, draw.randint(4, 20)]), overlap=draw.choice([0, 0, 1, 3]),
            checks_if_match=draw.random() < 0.8,
        )  # fmt: skip
        limit = "256MiB" if large_objects else draw.choice(["10MiB", "32MiB", "256MiB"])
        self._spec = {"concurrency": draw.choice([1, 4, 50, -1]), "memory_limit": limit}
        self.folders = draw.sample(FOLDERS, draw.randint(1, len(FOLDERS)))
        self._crowd = draw.random() < 0.08
        for _ in range(draw.randint(100, 160) if self._crowd else draw.randint(1, 14)):
            self._appear(modified=now() - datetime.timedelta(seconds=draw.randint(0, 400_000)))

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    # What happens in the bucket.

    def _say(self, text):
        self.history.append(text)

    def _put(self, key, modified=None, is_valid=True, storage_class=None):
        draw = self.random
        rows, characters = draw.choices([TINY, SMALL, LARGE], [12, 6, self._large_objects and not self._crowd])[0]
        if self._crowd:
            rows, characters = TINY
        numbers = range(self._next_number, self._next_number + draw.randint(1, rows))
        self._next_number = numbers.stop
        generation = Generation(key, numbers, characters, is_valid)
        body = self._body(generation)
        if not is_valid:
            body = self._spoiled(generation, body)
        checksum = crc32(body) if draw.random() < 0.5 else None
        stored = Stored(body, modified or now(), storage_class or "STANDARD", storage_class is not None, checksum)
        self.generations.setdefault(key, []).append(generation)
        self._homes.update(dict.fromkeys(numbers, generation))
        self.current[key] = generation
        self.server.objects[key] = stored
        size = f"{len(numbers)} rows from {numbers[0]} in {len(body)} bytes"
        archived = f", archived as {storage_class}" if storage_class else ""
        self._say(f"{key} is now {'valid' if is_valid else 'malformed'}, {size}{archived}")

    def _body(self, generation):
        draw = self.random
        return body_of(
            generation, compression=draw.choice(["NONE", "SNAPPY", "ZSTD"]), write_page_checksum=draw.random() < 0.5,
            row_group_size=draw.choice([1000, max(1, len(generation.numbers) // 4)]),
        )  # fmt: skip

    def _spoiled(self, generation, body):
        page = body_of(generation, write_page_checksum=True, **WITHOUT_ENCODING)
        return self.random.choice([
            b"", b"n,text\n1,x\n" * 9, body[: len(body) // 2], body[:-4] + b"PAR2",
            faults.flipped(page, page.index(struct.pack("<q", generation.numbers[-1]))),
        ])  # fmt: skip

    def _appear(self, modified=None):
        draw = self.random
        key = f"{draw.choice(self.folders)}/{draw.randrange(10**6):06}.parquet"
        if key not in self.generations:
            is_valid = draw.random() < 0.88
            archive = draw.choice(ARCHIVES) if is_valid and draw.random() < 0.08 else None
            self._put(key, modified, is_valid, archive)
        return key

    def _change(self):
        """Between two syncs."""
        draw = self.random
        for key, stored in sorted(self.server.objects.items()):
            chance = draw.random()
            if stored.archived and chance < 0.5:
                stored.archived = False
                self._say(f"{key} is restored")
            elif chance < 0.08:
                self._remove(key)
            elif chance < 0.25:
                self._put(key, is_valid=draw.random() < 0.8)
            elif chance < 0.30 and self.current[key].is_valid:
                stored.archived, stored.storage_class = True, draw.choice(ARCHIVES)
                self._say(f"{key} is archived")
        for _ in range(draw.randint(0, 4)):
            self._appear()

    def _remove(self, key):
        self.server.remove(key)
        self.current.pop(key, None)
        self._say(f"{key} is gone")

    # What goes wrong in a sync.

    def step(self):
        """Changes the bucket, draws the faults of the next sync, and returns what to put into its spec."""
        self._say("- - -")
        if self._step_count():
            self._change()
        self._step = Step()
        draw = self.random
        moods = {"calm": 20, "passing": 50, "denied": 20, "outage": 8, "listing": 2}
        mood = "calm" if self.calm else draw.choices(list(moods), list(moods.values()))[0]
        keys = sorted(self.current)
        ill = set(draw.sample(keys, min(len(keys), draw.randint(1, 2)))) if mood in ("denied", "outage") else set()
        found = [fault for key in sorted(ill) for fault in self._lasting(key, mood)]
        if mood in ("passing", "denied"):
            found += [fault for key in keys if key not in ill for fault in self._passing(key)]
            if draw.random() < 0.2:
                found.append(faults.Refuse(on=faults.lists, times=2, status=503, code="SlowDown"))
                self._say("listings are throttled twice")
        if mood == "listing":
            found.append(faults.Refuse(on=faults.lists, status=403, code="AccessDenied"))
            self._step.listing_fails = True
            self._say("listings are denied")
        self.server.faults = tuple(found)
        self.server.forget()
        return {**self._spec, "retry_timeout": "1s" if mood == "outage" else "2m"}

    def _step_count(self):
        return self.history.count("- - -") - 1

    def _lasting(self, key, mood):
        denied = [("denied", faults.Refuse(on=faults.of(key), status=403, code="AccessDenied"))]
        outages = [
            ("unavailable", faults.Refuse(on=faults.of(key), status=503, code="SlowDown")),
            ("a web page instead", faults.Page(on=faults.of(key))),
            ("NoSuchKey though listed", faults.Refuse(on=faults.of(key), status=404, code="NoSuchKey")),
            ("NoSuchBucket", faults.Refuse(on=faults.of(key), status=404, code="NoSuchBucket")),
        ]
        stored = self.server.objects[key]
        if self._shows_damage(key) and not stored.archived:
            offset = self.random.randrange(4, len(stored.body) // 2)
            outages.append(("damaged each time", faults.Damage(on=faults.of(key), offset=offset)))
        what, fault = self.random.choice(denied if mood == "denied" else outages)
        self._step.failing.add(key)
        if isinstance(fault, faults.Damage):
            self._step.damaged.add(key)
        return self._named(key, what, fault)

    def _passing(self, key):
        draw = self.random
        stored = self.server.objects[key]
        number = draw.randint(1, 3)
        this = lambda exchange: exchange.key == key and exchange.number == number  # noqa: E731
        crowd_goes = self._crowd and draw.random() < 0.75
        if crowd_goes or draw.random() < 0.04:
            first = lambda e: e.key == key and e.number == 1  # noqa: E731
            return self._named(key, "vanishes", faults.Act(on=first if crowd_goes else this, times=1,
                                                           act=self._meanwhile(key, self._vanish)))  # fmt: skip
        if draw.random() > (0.05 if self._crowd else 0.35):
            return []
        twice = {"on": faults.of(key), "times": draw.randint(1, 2)}
        share = draw.random()
        choices = {
            "throttled": faults.Refuse(**twice, status=503, code="SlowDown"),
            "internal error": faults.Refuse(**twice, status=500, code="InternalError"),
            "an error in a 200": faults.Refuse(**twice, status=200, code="InternalError"),
            "a web page for a while": faults.Page(**twice),
            "NoSuchKey for a while": faults.Refuse(**twice, status=404, code="NoSuchKey"),
            "reset": faults.Cut(**twice, after_share=share, end="reset"),
            "too short": faults.Cut(**twice, after_share=share, end="close"),
            "chunked": faults.Chunks(on=lambda e: e.key == key and e.range is None),
            "replaced": faults.Act(on=this, times=1, act=self._meanwhile(key, self._replace)),
            "another appears": faults.Act(on=this, times=1, act=self._meanwhile(key, self._add)),
        }
        if self._shows_damage(key):
            size = len(stored.body)
            offset = draw.randrange(4, size if size <= ONE_REQUEST_BYTES else size // 2)
            covers = lambda e: e.key == key and e.covers(offset)  # noqa: E731
            choices["damaged once"] = faults.Damage(on=covers, times=1, offset=offset)
        what = draw.choice(sorted(choices))
        if what == "damaged once":
            self._step.may_be_sent_again.add(key)
        return self._named(key, what, choices[what])

    def _shows_damage(self, key):
        """Whether its rows are held back until its checksum is verified."""
        stored = self.server.objects[key]
        return stored.checksum and self.current[key].is_valid and len(stored.body) <= READ_WHOLE_BYTES

    def _named(self, key, what, fault):
        self._say(f"{key}: {what}")
        return [fault]

    def _vanish(self, key):
        if key in self.current:
            self._remove(key)
            self._step.come_or_gone.add(key)

    def _replace(self, key):
        if key in self.current:
            before = self.current[key] if not self.server.objects[key].archived else None
            self._put(key)
            self._step.replaced[key] = before
            self._step.may_be_sent_again.add(key)

    def _add(self, _):
        self._step.come_or_gone.add(self._appear())

    def _meanwhile(self, key, act):
        """Makes what happens in the course of a sync: on the server's threads, but drawn as if it were the first."""
        draw = random.Random(self.random.random())

        def happen(_):
            with self._lock:
                before, self.random = self.random, draw
                act(key)
                self.random = before

        return happen

    # What must come of it.

    def settle(self, ok, reported, sent=(), stored=True):
        """What is wrong with how a sync ended. `sent`: numbers of rows; `stored`: whether these were stored; None: not
        known. Afterwards `due` holds for what the destination has."""
        self.server.faults = ()
        with self._lock:
            return self._settled(ok, reported, sent, stored)

    def _settled(self, ok, reported, sent, stored):
        step = self._step
        unread = {key for key in step.failing - step.damaged if self._must_be_read(key)}
        wrong = self._wrongly_sent(sent)
        if ok and (unread or step.listing_fails):
            wrong.append(f"the sync succeeded without {', '.join(unread) or 'a listing'}")
        if not ok and not (step.failing or step.listing_fails):
            wrong.append(f"the sync failed: {reported[:500]}")
        if not ok and step.failing and not any(key in reported for key in step.failing):
            wrong.append(f"none of {', '.join(step.failing)} is named: {reported[:500]}")
        if ok:
            wrong += [f"no word about {key}" for key in sorted(self._to_be_reported()) if key not in reported]
        if not step.listing_fails:
            for key in {*self.current, *step.come_or_gone}:
                self._owe(key, ok, stored)
        self._say(f"the sync {'succeeded' if ok else 'failed: ' + reported[:200]}")
        return wrong

    def _wrongly_sent(self, sent):
        again = {self._homes[n].key for n, count in Counter(sent).items() if count > 1 and n in self._homes}
        known = {self._homes[n] for n in sent if n in self._homes} & self.surely_read
        return [f"rows of {key} were sent twice in one sync" for key in again - self._step.may_be_sent_again] + [
            f"{generation.key} was sent again" for generation in known
        ]

    def _must_be_read(self, key):
        stored = self.server.objects[key]
        return self.current[key] not in self.perhaps_read and stored.body and not stored.archived

    def _to_be_reported(self):
        for key, generation in self.current.items():
            if key in self._step.come_or_gone or key in self._step.replaced or generation in self.perhaps_read:
                continue
            if not generation.is_valid or self.server.objects[key].archived or key in self._step.damaged:
                yield key

    def _owe(self, key, ok, stored):
        """One of the alternatives must be stored from now on."""
        alternatives = self._alternatives(key)
        self.perhaps_read.update(alternatives)
        if ok and len(alternatives) == 1:
            self.surely_read.update(alternatives)
        if stored is False:
            return
        if not alternatives:
            # Some rows of a new content may have replaced the old ones.
            if self.due.get(key) != [self.current.get(key)]:
                self.due.pop(key, None)
            return
        self.due[key] = alternatives if stored else [*self.due.get(key, [None]), *alternatives]

    def _alternatives(self, key):
        step, generation = self._step, self.current.get(key)
        if key in step.come_or_gone or key in step.failing or not generation.is_valid:
            return []
        if key in step.replaced:
            before = step.replaced[key]
            return [generation, before] if before and before.is_valid else []
        return [] if self.server.objects[key].archived else [generation]

    def wrong_rows(self, rows):
        """What is wrong with all rows that are stored, each of which is table, n, text, v and id."""
        wrong = [f"_cq_id {i.hex()} is there {c} times" for i, c in Counter(row[-1] for row in rows).items() if c > 1]
        counts = Counter(row[1] for row in rows)
        wrong += [f"row {n} is there {count} times" for n, count in counts.items() if count > 1]
        for *row, _ in rows:
            home = self._homes.get(row[1])
            if home is None:
                wrong.append(f"row {row[:2]} never was in the bucket")
            elif home.row(row[1]) != tuple(row):
                wrong.append(f"row {row[1]} of {home.key} is wrong: {str(row)[:200]}")
        for key, alternatives in self.due.items():
            missing = [[n for n in each.numbers if n not in counts] for each in alternatives if each]
            if None not in alternatives and all(missing):
                wrong.append(f"{key}: {min(map(len, missing))} rows are missing, first {missing[0][0]}")
        for key, generations in self.generations.items():
            there = sum(n in counts for each in generations for n in each.numbers)
            if there > max(len(each.numbers) for each in generations):
                wrong.append(f"{key}: {there} rows are more than it ever had at once")
        return wrong


WITHOUT_ENCODING = {"compression": "NONE", "use_dictionary": False, "write_statistics": False}


def body_of(generation, **options):
    numbers = generation.numbers
    return parquet(pa.table({
        "n": pa.array(numbers, pa.int64()),
        "text": pa.array([text_of(n, generation.characters) for n in numbers], pa.string()),
        "v": pa.array(map(value_of, numbers), pa.int64()),
    }), **options)  # fmt: skip
