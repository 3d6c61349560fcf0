"""The endpoint is a stand-in on this machine that says what a test tells it to."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from scene_renderer.compose import RELATIONS, SCHEMA, Description
from scene_renderer.compose_endpoint import Endpoint, describe, find_endpoint
from scene_renderer.compose_grammar import parse_description
from scene_renderer.errors import EndpointError, SceneError, UsageError

SENTENCE = "three red cubes around a blue bowl, a mug behind"
GOOD = {**parse_description(SENTENCE).to_dict(), "problem": None}


class StandIn(ThreadingHTTPServer):
    """Answers with what is in `answers`, one after the other, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.delay = 0.0

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(f"http://127.0.0.1:{self.server_port}/v1", "stand-in", "secret")

    def say(self, content: Any, status: int = 200) -> None:
        text = content if isinstance(content, str | None) else json.dumps(content)
        body = {"choices": [{"message": {"role": "assistant", "content": text}}]}
        self.answers.append((status, json.dumps(body).encode()))


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        assert self.path == "/v1/chat/completions"
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.keys.append(self.headers["Authorization"])
        time.sleep(self.server.delay)
        status, body = self.server.answers.pop(0)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    stand_in = StandIn()
    thread = threading.Thread(target=stand_in.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield stand_in
    stand_in.shutdown()
    thread.join()
    stand_in.server_close()


def test_the_answer_of_a_model_is_what_our_grammar_would_say(server: StandIn) -> None:
    server.say(GOOD)
    assert describe(SENTENCE, server.endpoint) == parse_description(SENTENCE)
    form = server.asked[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    assert form["json_schema"]["schema"]["properties"]["groups"] == SCHEMA["properties"]["groups"]
    assert server.asked[0]["model"] == "stand-in"
    assert server.asked[0]["messages"][-1] == {"role": "user", "content": SENTENCE}
    assert server.keys == ["Bearer secret"]


def group(**changes: Any) -> dict[str, Any]:
    return {"count": 1, "color": None, "shape": "mug", "size": None, "relations": [], **changes}


LEFT_OF_ITSELF = [{"kind": "left_of", "of": [0]}]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("Sure! Here is your scene", "It is no JSON"),
        ({"groups": [group(count=4, shape="unicorn")]}, "Unknown shape 'unicorn'."),
        ({"groups": [group(count=4, color="gren")]}, "Did you mean 'green'?"),
        ({"groups": [group(count=9)]}, "That is 9 objects"),
        ({"groups": [group(count=10**30)]}, "objects; a scene holds 4 to 8"),
        ({"groups": [group(count=-3)]}, "A group has -3 objects"),
        ({"groups": [group(count="4")]}, "'count' cannot be '4'."),
        ({"groups": [group(count=True)]}, "'count' cannot be 'True'."),
        ({"groups": "four mugs"}, "'groups' cannot be 'four mugs'."),
        ({"groups": [7]}, "The key 'color' is missing in 7."),
        ([1, 2], "The key 'groups' is missing"),
        ({"groups": [group(count=4, relations=LEFT_OF_ITSELF)]}, "cannot be left of itself"),
        (
            {"groups": [group(count=4, relations=[{"kind": "on", "of": [5]}])]},
            "A relation 'on' is to group 5; there are groups 0 to 0.",
        ),
        (
            {"groups": [group(count=4, relations=[{"kind": "above", "of": [0]}])]},
            "Unknown relation 'above'.",
        ),
        (
            {"groups": [group(count=4, relations=[{"kind": "behind", "of": []}])]},
            "The relation 'behind' has 0 other groups; give it at least one.",
        ),
        (
            {"groups": [group(count=4, relations=[{"kind": "in", "of": [0.5]}])]},
            "'of' must hold indices",
        ),
        (
            {"groups": [group(count=4), group(relations=[{"kind": "in", "of": [0]}])]},
            "A mug in the four mugs: one object can stand in or on another",
        ),
    ],
)
def test_an_answer_that_breaks_a_rule_is_sent_back_once_with_the_reason(
    server: StandIn, bad: Any, reason: str
) -> None:
    server.say(bad)
    server.say(GOOD)
    assert describe(SENTENCE, server.endpoint) == parse_description(SENTENCE)
    first, second = server.asked
    assert second["messages"][:2] == first["messages"]
    assert second["messages"][2]["role"] == "assistant"
    assert reason in second["messages"][3]["content"]


def test_two_bad_answers_are_an_error(server: StandIn) -> None:
    server.say("no")
    server.say({"groups": []})
    with pytest.raises(
        EndpointError, match="gave 2 answers that cannot be used; the last: That is 0"
    ):
        describe(SENTENCE, server.endpoint)


def test_what_the_model_cannot_describe_is_said_on_one_line(server: StandIn) -> None:
    server.say({"groups": [], "problem": "There is no\n\x1b[31municorn here."})
    with pytest.raises(SceneError) as caught:
        describe("four unicorns", server.endpoint)
    assert str(caught.value) == (
        "Model 'stand-in' cannot describe this: There is no [31municorn here."
    )


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"error": "bad key"}', 'refused with 401: {"error": "bad key"}'),
        (500, b"", "refused with 500"),
        (302, b"", "refused with 302"),
        (200, b"<html>hello</html>", "is no chat completion; does OPENAI_BASE_URL end"),
        (200, b'{"choices": []}', "is no chat completion"),
        (200, b'{"choices": [{"message": {"content": null}}]}', "'stand-in' declined to answer"),
        (200, b"[" * 100_000, "is no chat completion"),
        (200, b" " * 1_100_000, "is no chat completion"),
    ],
)
def test_a_server_that_says_something_else_is_an_error(
    server: StandIn, status: int, body: bytes, words: str
) -> None:
    server.answers.append((status, body))
    with pytest.raises(EndpointError) as caught:
        describe(SENTENCE, server.endpoint)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_slow_server_is_given_up(server: StandIn) -> None:
    server.say(GOOD)
    server.delay = 1.0
    with pytest.raises(EndpointError, match=r"did not answer within 0\.1 s; try again"):
        describe(SENTENCE, server.endpoint, timeout=0.1)


def test_no_server_is_an_error() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    with pytest.raises(EndpointError, match=r"cannot be reached: .*refused; try again"):
        describe(SENTENCE, Endpoint(f"http://127.0.0.1:{port}/v1", "stand-in"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/v1", "http://[::1/v1", "http:///v1"])
def test_an_address_that_is_none_is_an_error(url: str) -> None:
    with pytest.raises(EndpointError):
        describe(SENTENCE, Endpoint(url, "stand-in"))


def test_a_key_is_never_told(server: StandIn) -> None:
    server.answers.append((401, b"secret is no key of ours"))
    with pytest.raises(EndpointError) as caught:
        describe(SENTENCE, server.endpoint)
    assert "refused with 401: ... is no key of ours" in str(caught.value)
    environment = {"OPENAI_BASE_URL": "http://host/v1", "OPENAI_MODEL": "small"}
    with pytest.raises(UsageError) as refused:
        find_endpoint(None, environment | {"OPENAI_API_KEY": "se\ncret"})
    assert "cret" not in str(refused.value)


def test_variables_name_an_endpoint_or_none() -> None:
    assert find_endpoint("some", {"OPENAI_API_KEY": "secret"}) is None
    environment = {"OPENAI_BASE_URL": "http://host/v1/", "OPENAI_MODEL": "small"}
    assert find_endpoint(None, environment) == Endpoint("http://host/v1", "small", None)
    assert find_endpoint("large", environment) == Endpoint("http://host/v1", "large", None)
    with pytest.raises(UsageError, match="no model; give --model or OPENAI_MODEL"):
        find_endpoint(None, {"OPENAI_BASE_URL": "http://host/v1"})
    with pytest.raises(UsageError, match="has to begin with http:// or https://"):
        find_endpoint(None, {"OPENAI_BASE_URL": "file:///etc/passwd", "OPENAI_MODEL": "small"})


def test_the_schema_names_every_word_and_allows_no_other_key() -> None:
    item = SCHEMA["properties"]["groups"]["items"]
    assert item["additionalProperties"] is False
    assert set(item["required"]) == set(item["properties"])
    assert item["properties"]["relations"]["items"]["properties"]["kind"]["enum"] == list(RELATIONS)
    assert Description.from_dict(GOOD) == parse_description(SENTENCE)
