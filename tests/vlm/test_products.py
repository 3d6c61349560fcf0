import pytest
import torch

from vlm.llama import FEWEST_ROWS
from vlm.products import build_product


@pytest.mark.parametrize(("outputs", "inputs"), [(256, 256), (768, 256), (256, 768), (700, 256)])
def test_a_row_s_product_is_the_same_bits_whatever_rows_stand_beside_it(outputs, inputs):
    torch.manual_seed(0)
    product = build_product(torch.randn(outputs, inputs), torch.randn(outputs))
    rows = torch.randn(100, inputs)
    few = torch.cat([product(part) for part in rows.split(FEWEST_ROWS)])
    for count in (5, 7, 16, 33, 64, 100):
        assert torch.equal(product(rows[:count]), few[:count])


def test_a_product_is_that_of_torch():
    torch.manual_seed(0)
    weight, bias, rows = torch.randn(64, 32), torch.randn(64), torch.randn(5, 32)
    expected = torch.nn.functional.linear(rows, weight, bias)
    torch.testing.assert_close(build_product(weight, bias)(rows), expected)
    double = build_product(weight.double(), None)(rows.double())
    torch.testing.assert_close(double, torch.nn.functional.linear(rows.double(), weight.double()))
