"""What happens to the demo's people from one day to the next: they move, marry, change numbers, and new ones come."""

from __future__ import annotations

import numpy as np
import polars as pl

from oneid.demo.chance import Bools, hit
from oneid.demo.homes import draw_homes
from oneid.demo.naming.names import Floats, Ints, surnames
from oneid.demo.people import TODAY, People, draw_people
from oneid.demo.rates import Rates
from oneid.demo.reach import draw_mailboxes, draw_mobiles

__all__ = ["Life"]

_BOXES = ("mail", "mail_2", "mail_3", "mail_family")
_FEWEST = 60
_GROWN_UP = 18 * 366


class Life:
    """The people of a world, and what they go through. Rows are rows of ``people.frame``; days are days since 1970.

    A number or mail box is never given to a second person, except mobile numbers that their owner gave up
    (:attr:`~oneid.demo.rates.Rates.recycled`). The world that it starts from stays as it was.
    """

    def __init__(self, people: People, activity: Floats, rates: Rates) -> None:
        self.people = people
        self.activity = activity
        self.rates = rates
        frame = people.frame
        self._boxes = pl.concat([frame[name].drop_nulls() for name in _BOXES]).unique()
        self._mobiles = pl.concat([frame["mobile"], frame["mobile_before"].drop_nulls()]).unique()

    def can_marry(self) -> Bools:
        """Who may take another family name: grown-up people with a Japanese one, a Bool per row."""
        frame = self.people.frame
        born = frame["birth"].to_physical().fill_null(TODAY).to_numpy()
        return np.asarray((frame["family_row"].to_numpy() >= 0) & (born < TODAY - _GROWN_UP))

    def move(self, rng: np.random.Generator, rows: Ints, day: int) -> None:
        """Gives the households of these people new homes; everybody in them goes along."""
        frame, homes = self.people.frame, self.people.homes
        moving = frame["household_id"].gather(rows).unique().sort()
        if moving.is_empty():
            return
        found = draw_homes(rng, len(moving), self.rates)
        goals = pl.DataFrame({"household_id": moving, "goal": np.arange(len(moving)) + homes.height})
        goal = frame.join(goals, on="household_id", how="left", maintain_order="left")["goal"]
        goes = goal.is_not_null()
        frame = frame.with_columns(
            home_before=pl.when(goes).then("home").otherwise("home_before"),
            home=pl.when(goes).then(goal).otherwise("home"),
            home_day=pl.when(goes).then(day).otherwise("home_day"),
        )
        self.people = People(_typed(frame, self.people.frame), pl.concat([homes, _typed(found, homes)]))

    def marry(self, rng: np.random.Generator, rows: Ints, day: int) -> None:
        """Gives these people other family names; only for those who :meth:`can_marry`."""
        table = surnames()
        taken = table.draw(rng, rows.size)
        own = {"family": "kanji", "family_kana": "reading", "family_latin": "latin"}
        new = {name: table.column(source, taken) for name, source in own.items()} | {"family_row": pl.Series(taken)}
        self._change(rows, new, day, "family_day")

    def renumber(self, rng: np.random.Generator, rows: Ints, day: int) -> None:
        """Gives these people new mobile numbers, some of which others gave up."""
        frame = self.people.frame
        fresh = self._unused_mobiles(rng, rows.size)
        given_up = frame["mobile_before"].drop_nulls().unique().sort()
        given_up = given_up.filter(~given_up.is_in(frame["mobile"].implode()))
        again = np.flatnonzero(hit(rng, rows.size, self.rates.recycled))[: len(given_up)]
        if again.size:
            fresh = fresh.scatter(again, given_up.gather(rng.permutation(len(given_up))[: again.size]))
        self._change(rows, {"mobile": fresh}, day, "mobile_day")

    def rebox(self, rng: np.random.Generator, rows: Ints) -> None:
        """Gives these people new mail boxes in the place of their first ones."""
        frame = self.people.frame
        owners = frame.select("family_latin", "given_latin", "birth")[rows]
        boxes = self._unused_boxes(draw_mailboxes(rng, owners))
        self.people = People(frame.with_columns(frame["mail"].scatter(rows, boxes)), self.people.homes)

    def grow(self, rng: np.random.Generator, persons: int) -> None:
        """Adds ``persons`` new people, at least 60, in households of their own and with homes."""
        old, homes = self.people.frame, self.people.homes
        drawn = draw_people(rng, max(_FEWEST, persons), self.rates)
        frame, count = drawn.frame, drawn.frame.height
        households = int(old["household_id"].max() or 0) + 1  # type: ignore[arg-type]
        boxes = pl.concat([frame[name] for name in _BOXES])
        unlike = self._unused_boxes(boxes.unique(maintain_order=True).drop_nulls())
        spelled = dict(zip(boxes.unique(maintain_order=True).drop_nulls(), unlike, strict=True))
        met = frame["mobile"].is_in(self._mobiles.implode())
        fresh = self._unused_mobiles(rng, count)
        frame = frame.with_columns(
            pl.col("person_id", "main") + old.height,
            pl.col("household_id") + households,
            pl.col("home") + homes.height,
            pl.when(pl.col("home_before") >= 0).then(pl.col("home_before") + homes.height).otherwise("home_before"),
            frame["mobile"].zip_with(~met, fresh),
            *(pl.col(name).replace(spelled) for name in _BOXES),
        )
        former = frame["mobile_before"].drop_nulls()
        self._mobiles = pl.concat([self._mobiles, frame["mobile"], former]).unique()
        self.people = People(pl.concat([old, _typed(frame, old)]), pl.concat([homes, _typed(drawn.homes, homes)]))
        self.activity = np.concatenate([self.activity, rng.lognormal(0.0, 0.5, count)])

    def _change(self, rows: Ints, new: dict[str, pl.Series], day: int, when: str) -> None:
        """Puts ``new`` in the place of what these people had, keeps that as ``*_before``, and notes the day."""
        frame = self.people.frame
        if not rows.size:
            return
        columns = [frame[f"{name}_before"].scatter(rows, frame[name].gather(rows)) for name in new]
        columns += [frame[name].scatter(rows, values) for name, values in new.items()]
        if when == "family_day":
            columns.append(frame["family_since"].scatter(rows, -(10**6)))
        self.people = People(frame.with_columns(*columns, frame[when].scatter(rows, day)), self.people.homes)

    def _unused_mobiles(self, rng: np.random.Generator, size: int) -> pl.Series:
        """So many numbers that nobody has or had."""
        found = draw_mobiles(rng, size)
        while (met := found.is_in(self._mobiles.implode()) | ~found.is_first_distinct()).any():
            found = found.zip_with(~met, draw_mobiles(rng, size))
        self._mobiles = pl.concat([self._mobiles, found])
        return found

    def _unused_boxes(self, boxes: pl.Series) -> pl.Series:
        """``boxes``, with a number before the @ where somebody has or had that one."""
        number = len(self._boxes)
        while (met := boxes.is_in(self._boxes.implode()) | ~boxes.is_first_distinct()).any():
            numbers = pl.Series(np.arange(number, number + len(boxes))).cast(pl.String)
            numbered = boxes.str.extract("^([^@]*)@") + numbers + "@" + boxes.str.extract("@(.*)$")
            boxes, number = boxes.zip_with(~met, numbered), number + len(boxes)
        self._boxes = pl.concat([self._boxes, boxes])
        return boxes


def _typed(frame: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in like.schema.items())
