import pytest
import torch
from torch.nn import functional

from finetune.forward import answer_logits
from finetune.gaze import HEADS, LIST, PICTURE, Gaze
from finetune.packing import Look, Turn, factor_prefix
from vlm.tiny import build_model

ROWS = [
    ([40, 41, 42, 43], [Turn([50], [41, 42, 2], (Look(0, 1, LIST), Look(1, 2, LIST)))]),
    ([44, 45], [Turn([50, 51], [45, 2], (Look(0, 0, PICTURE), Look(0, 1, LIST)))]),
]


@pytest.fixture
def model(chat):
    return build_model(chat.tokenizer)


def test_the_loss_is_the_cross_entropy_of_the_heads_own_attention_weights(model):
    model.set_attn_implementation("eager")
    gaze = Gaze(model.model.text_model)
    weights = {}

    def keep(layer):
        def hook(module, arguments, output):
            weights[layer] = output[1]

        return hook

    for layer, _ in HEADS:
        model.model.text_model.layers[layer].self_attn.register_forward_hook(keep(layer))
    answer_logits(model, ROWS, 0, None)
    expected = 0.0
    for head, looks in ((LIST, [(0, 4, 1), (0, 5, 2), (1, 3, 1)]), (PICTURE, [(1, 3, 0)])):
        layer, number = HEADS[head]
        shares = torch.stack([weights[layer][r, number, q, k] for r, q, k in looks])
        expected += -shares.log().mean()
    assert gaze.loss(ROWS).item() == pytest.approx(expected.item(), rel=1e-4)


def test_heads_learn_to_look_where_they_are_taught(model):
    gaze = Gaze(model.model.text_model)
    optimizer = torch.optim.AdamW(model.model.text_model.parameters(), lr=1e-3)
    losses = []
    for _ in range(30):
        answer_logits(model, ROWS, 0, None)
        losses.append(gaze.loss(ROWS))
        losses[-1].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.1 * losses[0]


def test_nothing_is_lost_where_nothing_is_taught(model):
    gaze = Gaze(model.model.text_model)
    rows = [(prefix, [Turn(t.prompt, t.answer) for t in turns]) for prefix, turns in ROWS]
    logits, labels, _ = answer_logits(model, rows, 0, None)
    assert gaze.loss(rows) == 0
    assert functional.cross_entropy(logits, labels) > 0


def test_a_key_behind_the_common_prefix_is_found_in_its_own_turn(model):
    gaze = Gaze(model.model.text_model)
    looks = [(Look(0, 3, LIST),), (Look(0, 3, LIST),)]
    row = factor_prefix([[41, 42, 43, 50], [41, 42, 44, 51]], [[45, 2], [46, 2]], looks)
    answer_logits(model, [row], 0, None)
    packed = gaze.loss([row])
    parts = []
    for prompt, answer in (([41, 42, 43, 50], [45, 2]), ([41, 42, 44, 51], [46, 2])):
        alone = [(prompt, [Turn([], answer, (Look(0, 3, LIST),))])]
        answer_logits(model, alone, 0, None)
        parts.append(gaze.loss(alone))
    assert packed.item() == pytest.approx(torch.stack(parts).mean().item(), rel=1e-3)
