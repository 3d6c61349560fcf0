import pytest
import torch

from finetune.packing import IGNORED, Turn, factor_prefix, pack

PAD = 0


def test_turns_lie_behind_their_prefix_and_the_rest_is_padding():
    rows = [([1, 2], [Turn([3], [4, 5]), Turn([6], [7])]), ([8], [Turn([], [9])])]
    packed = pack(rows, PAD)
    assert packed.input_ids.tolist() == [[1, 2, 3, 4, 5, 6, 7], [8, 9, 0, 0, 0, 0, 0]]
    assert packed.position_ids[0].tolist() == [0, 1, 2, 3, 4, 2, 3]
    assert packed.position_ids[1, :2].tolist() == [0, 1]
    x = IGNORED
    assert packed.labels.tolist() == [[x, x, x, 4, 5, x, 7], [x, 9, x, x, x, x, x]]
    assert packed.turns.tolist() == [[-1, -1, 0, 0, 0, 1, 1], [-1, 2, -1, -1, -1, -1, -1]]


def test_a_turn_can_read_something_else_than_it_has_to_write():
    packed = pack([([1], [Turn([3], [4, 5], read=[4, 9]), Turn([6], [7])])], PAD)
    assert packed.input_ids.tolist() == [[1, 3, 4, 9, 6, 7]]
    assert packed.labels.tolist() == [[IGNORED, IGNORED, 4, 5, IGNORED, 7]]


def test_a_turn_sees_the_prefix_and_itself_but_no_other_turn():
    rows = [([1, 2], [Turn([3], [4]), Turn([5], [6])]), ([7], [Turn([], [8])])]
    visible = pack(rows, PAD).attention_mask
    assert visible.shape == (2, 1, 6, 6)
    assert visible[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [1, 1, 0, 0, 1, 1],
    ]
    assert visible[1, 0, 1].int().tolist() == [1, 1, 0, 0, 0, 0]
    assert visible.any(dim=-1).all()  # a row of nothing would make softmax return NaN


@pytest.mark.parametrize(
    ("prompts", "prefix", "rests"),
    [
        ([[1, 2, 3, 4], [1, 2, 5]], [1, 2], [[3, 4], [5]]),
        ([[1, 2, 3], [1, 2, 3]], [1, 2], [[3], [3]]),
        ([[1, 2], [1, 2, 3]], [1], [[2], [2, 3]]),
        ([[1, 2], [3, 4]], [], [[1, 2], [3, 4]]),
        ([[1, 2, 3]], [1, 2], [[3]]),
    ],
)
def test_the_prefix_is_what_all_prompts_share_but_for_one_token(prompts, prefix, rests):
    answers = [[90 + i] for i in range(len(prompts))]
    shared, turns = factor_prefix(prompts, answers)
    assert shared == prefix
    assert [turn.prompt for turn in turns] == rests
    assert [turn.answer for turn in turns] == answers


def test_the_loss_covers_exactly_the_answers_and_their_end(chat):
    prompts = chat.prompt_ids(["gripper: 1, 2, 3\nlift it", "gripper: 1, 2, 3\nwhere is it?"])
    answers = chat.answer_ids(["refuse(absent)", "4"])
    packed = pack([factor_prefix(prompts, answers)], chat.tokenizer.pad_token_id)
    learnt = packed.labels[packed.labels != IGNORED].tolist()
    assert learnt == answers[0] + answers[1]
    assert learnt.count(chat.tokenizer.eos_token_id) == 2
    assert torch.equal(packed.labels != IGNORED, (packed.labels == packed.input_ids))
