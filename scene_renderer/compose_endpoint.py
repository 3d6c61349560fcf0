"""`describe`: a sentence to a description through a model behind an OpenAI-compatible endpoint.

    OPENAI_BASE_URL   e.g. http://localhost:8000/v1; without it nothing is ever sent
    OPENAI_API_KEY    if the endpoint wants one
    OPENAI_MODEL      unless --model says it

The answer has to be JSON of `compose.SCHEMA`. It is read and checked by the same code as our own
grammar's; what breaks a rule is sent back once, with the reason.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from scene_renderer.compose import RELATIONS, SCHEMA, Description
from scene_renderer.compose_rules import check_description
from scene_renderer.errors import EndpointError, SceneError, UsageError
from scene_renderer.scene import MAX_OBJECTS, MIN_OBJECTS

TIMEOUT = 60.0
"""How long an answer may take, seconds."""

_LONGEST = 1_000_000
_ANSWERS = 2
_PROBLEM = "problem"
_ANSWER_SCHEMA = {
    **SCHEMA,
    "properties": {**SCHEMA["properties"], _PROBLEM: {"type": ["string", "null"]}},
    "required": [*SCHEMA["required"], _PROBLEM],
}
_RULES = f"""Describe the table that the user's sentence tells of, as JSON of the given schema.
A group is one or more objects of one kind: count, and color, shape and size, each null where the \
sentence leaves it open. Colours, shapes and sizes are only those of the schema; use the nearest \
word for a synonym. A relation holds for every member of its group; "of" lists the indices of the \
groups that it is to, from 0. kind: {", ".join(RELATIONS)}.
"between" is to exactly two objects, "around" to one, "on" and "in" to as many as stand there. \
For row, column and circle "of" lists the other groups that belong to it, or is empty; for \
at_left, at_right, at_front, at_back and middle it is empty. Left is the robot's left, behind is \
farther from the robot. There are {MIN_OBJECTS} to {MAX_OBJECTS} objects in all; never add or \
leave out any. "problem" is null, or says in one sentence why such words cannot describe it; then \
"groups" is empty."""


@dataclass(frozen=True)
class Endpoint:
    """Where a model can be asked.

    Attributes:
        url: of the API, without "/chat/completions".
        model: its name there.
        key: sent as a bearer token, if there is one.
    """

    url: str
    model: str
    key: str | None = None


def find_endpoint(model: str | None, environment: Mapping[str, str]) -> Endpoint | None:
    """Returns the endpoint that environment variables name, or None if they name none.

    Args:
        model: its model; None: the variable's.
        environment: see the module's text.

    Raises:
        UsageError: if the variables are incomplete, or hold what they should not.
    """
    url = environment.get("OPENAI_BASE_URL", "").strip().rstrip("/")
    if not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"OPENAI_BASE_URL is '{url}'; it has to begin with http:// or https://.")
    model = model or environment.get("OPENAI_MODEL")
    if not model:
        raise UsageError(
            "OPENAI_BASE_URL is set, but no model; give --model or OPENAI_MODEL, or --offline."
        )
    key = environment.get("OPENAI_API_KEY", "").strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError("OPENAI_API_KEY holds characters that cannot be sent; set it anew.")
    return Endpoint(url, model, key or None)


def describe(text: str, endpoint: Endpoint, timeout: float = TIMEOUT) -> Description:
    """Asks the endpoint's model for a description.

    Args:
        text: a sentence.
        endpoint: whom to ask.
        timeout: of each answer, seconds.

    Raises:
        SceneError: if the model says that this cannot be described.
        EndpointError: if the endpoint does not answer, or twice with something else.
    """
    messages = [{"role": "system", "content": _RULES}, {"role": "user", "content": text}]
    fault = ""
    for _ in range(_ANSWERS):
        answer = _ask(messages, endpoint, timeout)
        try:
            return _read(answer, endpoint)
        except _UnusableError as error:
            fault = str(error)
            messages += [
                {"role": "assistant", "content": answer},
                {"role": "user", "content": f"That cannot be used: {fault} Answer again."},
            ]
    raise EndpointError(
        f"Model '{endpoint.model}' gave {_ANSWERS} answers that cannot be used; the last: {fault} "
        "Say it differently, or use --offline."
    )


class _UnusableError(Exception):
    """An answer that breaks a rule; its text is for the model to read."""


def _read(answer: str, endpoint: Endpoint) -> Description:
    try:
        data = json.loads(answer)
        problem = data.get(_PROBLEM) if isinstance(data, dict) else None
        if not problem:
            description = Description.from_dict(data)
            check_description(description)
            return description
    except SceneError as error:
        raise _UnusableError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise _UnusableError(f"It is no JSON: {error}.") from error
    raise SceneError(f"Model '{endpoint.model}' cannot describe this: {_excerpt(problem)}")


def _ask(messages: list[dict[str, str]], endpoint: Endpoint, timeout: float) -> str:
    """Returns the text of one answer."""
    form = {"name": "table", "strict": True, "schema": _ANSWER_SCHEMA}
    body = {
        "model": endpoint.model,
        "messages": messages,
        "response_format": {"type": "json_schema", "json_schema": form},
    }
    try:
        data = _post(f"{endpoint.url}/chat/completions", body, endpoint.key, timeout)
        content = json.loads(data)["choices"][0]["message"]["content"]
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            said = f"did not answer within {timeout:g} s"
        else:
            said = f"cannot be reached: {_excerpt(reason) or type(reason).__name__}"
        raise EndpointError(f"{endpoint.url} {said}; try again, or use --offline.") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise EndpointError(
            f"{endpoint.url} answered with something that is no chat completion; "
            "does OPENAI_BASE_URL end as it should, in most cases with /v1?"
        ) from error
    if not isinstance(content, str):
        raise EndpointError(f"Model '{endpoint.model}' declined to answer; use --offline.")
    return content


class _StayHandler(urllib.request.HTTPRedirectHandler):
    """Follows no redirection, which would carry the key elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Leaves the redirection to be told as an error."""


def _post(url: str, body: dict[str, Any], key: str | None, timeout: float) -> bytes:
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    deadline, data = time.monotonic() + timeout, b""
    try:
        response = urllib.request.build_opener(_StayHandler).open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            said = _excerpt(error.read(_LONGEST).decode(errors="replace"))
        said = said.replace(key, "...") if key else said
        raise EndpointError(
            f"'{url}' refused with {error.code}: {said or error.reason}."
        ) from error
    with response:
        while piece := response.read1(65536):
            data += piece
            if time.monotonic() > deadline:
                raise TimeoutError
            if len(data) > _LONGEST:
                raise ValueError("the answer is far too long")
    return data


def _excerpt(text: object) -> str:
    """Returns the beginning of what somebody else wrote, on one line, of characters that show."""
    line = " ".join(str(text).split())
    return "".join(c for c in line if c.isprintable())[:300]
