"""Guesses how an answer goes on, from its prompt: cheap, often right, and checked by the model.

Most numbers of a plan stand in the prompt's list or in the plan's earlier actions. Once the first
digit of a number is written there is mostly one place that it can be, and the two numbers behind
it are known as well. What kind of action follows is guessed from the answers before this one.

A guess costs little where it is wrong and changes no answer; so nothing here needs to be exact.
Guesses are text, made into tokens together with what stands before them: how a tokenizer cuts
numbers does not matter.

Source: A. Saxena, Prompt lookup decoding (2023), https://github.com/apoorvumang/prompt-lookup-decoding;
checking several tokens at once: Y. Leviathan and others, Fast inference from transformers via
speculative decoding, ICML 2023.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from scene_renderer.plan import ACTIONS
from vlm.processor import ChatTokenizer

_PLACE = re.compile(r"(-?\d+), (-?\d+), (-?\d+)$", re.M)
_ACTION = re.compile(r"(\w+)\((.*)")
_END = ""
"""What follows the last action."""

Place = Sequence[str]
"""The numbers of a place or an action, as they are written."""


class Habits:
    """What earlier answers were like: which action followed which, how long numbers were."""

    def __init__(self) -> None:
        self._next: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._lengths: defaultdict[tuple[str, int], Counter[int]] = defaultdict(Counter)

    def learn(self, text: str) -> None:
        """Notes the actions of an answer; one that is made of anything else tells nothing."""
        lines = [line.partition("(") for line in text.strip().split("\n")]
        if any(name not in ACTIONS for name, _, _ in lines):
            return
        names = ["", *(name for name, _, _ in lines), _END]
        for before, after in pairwise(names):
            self._next[before][after] += 1
        for name, _, numbers in lines:
            for at, number in enumerate(numbers.rstrip(")").split(", ")):
                self._lengths[name, at][len(number.lstrip("-"))] += 1

    def follower(self, name: str) -> str | None:
        """Returns what mostly follows an action, or begins an answer; None if nobody knows."""
        known = self._next.get(name)
        return known.most_common(1)[0][0] if known else None

    def is_complete(self, name: str, at: int, number: str) -> bool:
        """Whether an action's argument `at` is mostly no longer than this."""
        known = self._lengths.get((name, at), Counter())
        return any(len(number.lstrip("-")) >= length for length, _ in known.most_common(1))


class Drafter:
    """Guesses on for one prompt."""

    def __init__(self, chat: ChatTokenizer, habits: Habits, prompt: str) -> None:
        self._encode = chat.tokenizer.backend_tokenizer.encode
        self._decode = chat.tokenizer.decode
        self._end: int = chat.tokenizer.eos_token_id
        self._lead = chat.answer_lead()
        self._habits = habits
        gripper, *listed = _PLACE.findall(prompt) or [()]
        self._places: list[Place] = [*listed, gripper]

    def guess(self, ids: Sequence[int]) -> list[int]:
        """Returns the tokens that may follow those of the answer so far; often none."""
        text = self._decode(list(ids))
        begun = text.rpartition("\n")[2]
        added, ends = self._go_on(text)
        if not added and not ends:
            return []
        if not ids:
            added = self._lead + added
        told = self._encode(begun, add_special_tokens=False).ids
        whole = self._encode(begun + added, add_special_tokens=False).ids
        for count in range(len(told), max(-1, len(told) - 4), -1):  # ", -" is one before a digit
            known = whole[:count]
            if list(ids[len(ids) - count :]) == known and self._decode(known) == begun:
                return [*whole[count:], *([self._end] if ends else [])]
        return []

    def _go_on(self, text: str) -> tuple[str, bool]:
        """Returns how a text goes on, and whether it ends there."""
        *before, line = text.split("\n")
        name, bracket, numbers = line.strip().partition("(")
        added = ""
        if not bracket:
            if name not in ACTIONS:
                return self._begin(before, line), False
            added, numbers = "(", ""
        if not numbers.endswith(")"):
            rest, is_whole = self._numbers(name, numbers, before)
            added += rest
            if not is_whole:
                return added, False
        follower = self._habits.follower(name)
        if follower is None:
            return added, False
        return (added, True) if follower == _END else (f"{added}\n{follower}(", False)

    def _begin(self, before: Sequence[str], line: str) -> str:
        """Returns the rest of an action's name."""
        last = before[-1].strip().partition("(")[0] if before else ""
        name = self._habits.follower(last)
        if not name or not name.startswith(line.strip()):
            return ""
        return name[len(line.strip()) :] + "("

    def _numbers(self, name: str, begun: str, before: Sequence[str]) -> tuple[str, bool]:
        """Returns the rest of an action's numbers, and whether it is complete."""
        count = len(ACTIONS.get(name, ()))
        *given, part = begun.split(", ")
        earlier = [_ACTION.search(line) for line in reversed(before)]
        written = [found[2].rstrip(")").split(", ") for found in earlier if found]
        numbers = list(given)
        while len(numbers) < count:
            found = self._number(numbers, part, written)
            if found is None and self._habits.is_complete(name, len(numbers), part):
                found = part
            if found is None:
                break
            numbers.append(found)
            part = ""
        is_whole = len(numbers) == count
        text = ", ".join(numbers) + (")" if is_whole else "")
        return (text[len(begun) :], is_whole) if text.startswith(begun) else ("", False)

    def _number(self, given: Sequence[str], part: str, written: Sequence[Place]) -> str | None:
        """Returns the number that begins with `part` and stands behind those that are given."""
        at = len(given) % 3
        behind = list(given[len(given) - at :])
        if not part and not behind:
            return None
        known = [p for p in (*written, *self._places) if len(p) > at and p[at].startswith(part)]
        fitting = [p for p in known if list(p[:at]) == behind]
        return next((p[at] for p in (*fitting, *known)), None)
