"""People who save answers through the real server, and what they were told was saved."""

from __future__ import annotations

import http.client
import itertools
import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.site import Person

# Numbers begin above those of the answers that the site has from the beginning: an older one would change nothing.
FIRST = 1_000


@dataclass(frozen=True)
class Save:
    """One answer on its way: its number is the counter that the server keeps with it, and no two have the same."""

    person: Person
    place: int
    number: int

    @property
    def key(self) -> tuple[int, int]:
        """The row that it becomes."""
        return self.person.attempt, self.place

    @property
    def value(self) -> list[str]:
        """What is answered; another one each time."""
        return [str(self.number % 2)]

    @property
    def body(self) -> str:
        """As the exam page sends it."""
        return json.dumps({"lease": 1, "answers": [{"pos": self.place, "value": self.value, "counter": self.number}]})


@dataclass
class Crowd:
    """So many clients, each a person with answers to save, until the wanted number was sent."""

    port: int
    people: Sequence[Person]
    saves: int
    clients: int = 16
    stop_at_refusal: bool = False
    acknowledged: dict[tuple[int, int], Save] = field(default_factory=dict)
    """The newest acknowledged answer of each row."""
    sent: dict[int, Save] = field(default_factory=dict)
    """Every answer by its number."""
    count: int = 0
    unanswered: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(FIRST)
        self._lock = threading.Lock()
        self._until = time.monotonic() + 300
        self._threads = [threading.Thread(target=self._live, args=(index,)) for index in range(self.clients)]

    def start(self) -> None:
        """Let them begin."""
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Until all is sent."""
        for thread in self._threads:
            thread.join()

    def _live(self, index: int) -> None:
        """One client, for the people that are its own: a row has one sender, whose saves are in order."""
        mine = [(person, place) for person in self.people[index :: self.clients] for place in person.choices]
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        for person, place in itertools.cycle(mine):
            with self._lock:
                number = next(self._numbers)
            refused = self.stop_at_refusal and set(self.statuses) - {200}
            if number >= FIRST + self.saves or refused or time.monotonic() > self._until:
                break
            save = self.sent[number] = Save(person, place, number)
            while not self.send(link, save) and time.monotonic() < self._until:  # no answer: once more
                time.sleep(0.05)
        link.close()

    def send(self, link: http.client.HTTPConnection, save: Save) -> bool:
        """Whether there was an answer."""
        headers = {**save.person.headers, "Content-Type": "application/json"}
        try:
            link.request("POST", f"/exams/attempts/{save.person.attempt}/answers", save.body, headers)
            response = link.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            link.close()
            with self._lock:
                self.unanswered += not isinstance(error, ConnectionRefusedError)  # nobody there: it was not under way
            return False
        stored = response.status == 200 and json.loads(text)["saved"] == {str(save.place): save.number}
        with self._lock:
            self.statuses[response.status] += 1
            if stored:
                self.count += 1
                self.acknowledged[save.key] = save
        return True


@dataclass(frozen=True)
class Verdict:
    """What a database holds of what was acknowledged."""

    lost: int
    wrong: int
    corrupt: bool

    @property
    def fine(self) -> bool:
        """Nothing lost, nothing mixed up."""
        return not (self.lost or self.wrong or self.corrupt)


def judge(database: Path, acknowledged: Iterable[Save]) -> Verdict:
    """Look each answer up: lost when it is missing or an older one stands there, wrong when its value is another."""
    try:
        connection = sqlite3.connect(database)
        try:
            whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = connection.execute("SELECT attempt_id, position, counter, value FROM answers").fetchall()
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return Verdict(0, 0, corrupt=True)
    stored = {(attempt, place): (counter, json.loads(value)) for attempt, place, counter, value in rows}
    lost = wrong = 0
    for save in acknowledged:
        counter, value = stored.get(save.key, (0, None))
        lost += counter < save.number
        wrong += counter == save.number and value != save.value
    return Verdict(lost, wrong + len(rows) - len(stored), corrupt=not whole)
