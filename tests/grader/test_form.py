import pytest

from grader.cases import ask
from grader.form import measure_form
from vlm.policy import Answer


class Model:
    """Writes plans only if it is held to them."""

    name = "model"
    image_size = 8
    constrained = True

    def answer(self, observations, instructions, batch_size):
        text = "refuse(absent)" if self.constrained else "no idea"
        return [Answer(text, 1, 0.0)] * len(instructions)


@pytest.mark.parametrize("constrained", [True, False])
def test_plans_are_counted_both_ways_however_the_model_is_graded(lift, refuse, constrained):
    model = Model()
    model.constrained = constrained
    found = measure_form(model, [ask(lift, None), ask(refuse, None)])
    assert (found["constrained"]["k"], found["free"]["k"], found["same"]["k"]) == (2, 0, 0)
    assert model.constrained == constrained
