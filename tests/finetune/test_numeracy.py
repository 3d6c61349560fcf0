import pytest
import torch

from finetune.forward import answer_logits
from finetune.numeracy import Numeracy, Steps
from finetune.packing import Turn
from vlm.tiny import build_model


@pytest.fixture
def rows(chat):
    """A list of one, and two questions about it."""
    prefix = chat.text_ids("gripper: 320, 0, 420\nred cube: 412, -127, 25\nwhere is")
    turns = [
        Turn(chat.text_ids(" the red cube?"), chat.text_ids(" red cube: 412, -127, 25")),
        Turn(chat.text_ids(" 6 cm left of the red cube?"), chat.text_ids(" 412, -67, 25")),
    ]
    return [(prefix, turns)]


@pytest.fixture
def model(chat):
    return build_model(chat.tokenizer)


@pytest.mark.parametrize(
    ("text", "step", "last"),
    [
        ("where is 6 cm left of the red cube?", 60, " left"),
        ("where is 120 mm backward of the red cube?", -120, " backward"),
        ("where would the red cube be if it moved back by 15 cm?", -150, " cm"),
        ("where would the red cube be 50 mm further to the right?", -50, " right"),
        ("from where to where does the red cube go 3 cm forwards?", 30, " forwards"),
    ],
)
def test_a_step_is_found_with_its_sign_at_its_last_word(chat, text, step, last):
    tokens = chat.text_ids(text)
    index, value = Steps(chat).find(tokens)
    assert value == step
    assert chat.tokenizer.decode([tokens[index]]) == last


@pytest.mark.parametrize(
    "text", ["where is the red cube?", "is the red cube left of the ball?", "6 cm", "cm left"]
)
def test_where_no_step_is_said_none_is_found(chat, text):
    assert Steps(chat).find(chat.text_ids(text)) is None


def test_what_is_taught_of_numbers_can_be_learnt(chat, rows, model):
    numeracy = Numeracy(model.model.text_model, chat)
    parameters = [*model.model.text_model.parameters(), *numeracy.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    losses = []
    for _ in range(30):
        answer_logits(model, rows, 0, None)
        losses.append(numeracy.loss(rows))
        losses[-1].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.1 * losses[0]


def test_rows_without_numbers_teach_nothing(chat, model):
    numeracy = Numeracy(model.model.text_model, chat)
    rows = [(chat.text_ids("red cube"), [Turn(chat.text_ids("where"), chat.text_ids("absent"))])]
    answer_logits(model, rows, 0, None)
    assert numeracy.loss(rows) == 0


def test_numbers_are_known_at_their_last_digit_and_told_where_they_are_written(chat, rows, model):
    numeracy = Numeracy(model.model.text_model, chat)
    numbers, steps, written = numeracy.find(rows)
    prefix, turns = rows[0]
    tokens = prefix + [t for turn in turns for t in turn.prompt + turn.answer]
    digit = {chat.tokenizer.decode([tokens[position]]) for _, position, _ in numbers + steps}
    assert [value for _, _, value in numbers + steps] == [320, 0, 420, 412, -127, 25, 60]
    assert digit == {"0", "2", "7", "5", " left"}
    assert {value for _, _, value in written} == {412, -127, 25, -67}
    before_sign = next(tokens[p + 1] for _, p, value in written if value == -67)
    assert chat.tokenizer.decode([before_sign]) == ", -"
