"""A Llama text model written out for inference: transformers' weights, all rows in one cache.

Between the operations of a small model `generate()` spends more time than in them. Here a step is
a few operations a layer, rows are at different places of their own sequences, and nothing is
computed for padding.

Which other rows there are, and how many tokens are read at once, does not change a token's result,
bit for bit, where the libraries' products of matrices allow it; those of at least `FEWEST_ROWS`
rows did, measured on a CPU. So queries are always rows of the left matrix, never columns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from vlm.products import Product, build_product

FEWEST_ROWS = 4
"""A product has at least so many rows, in vain if need be: fewer add up in another order."""

BLOCK = 16
"""How many places are looked at is a multiple of this; else it would change the order of sums."""

PAGE = 4 * BLOCK
"""A cache grows by so many places."""

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""From a layer's number and its queries, keys and values to what was looked up."""


def is_plain_llama(model: Any) -> bool:
    """Whether `Llama` computes what this text model of transformers does."""
    config = model.config
    if config.model_type != "llama" or config.hidden_act != "silu":
        return False
    attention, mlp = model.layers[0].self_attn, model.layers[0].mlp
    linears = [getattr(attention, f"{name}_proj") for name in "qkvo"]
    linears += [getattr(mlp, f"{name}_proj") for name in ("gate", "up", "down")]
    bare = all(type(linear) is torch.nn.Linear for linear in linears)  # no adapter, not quantised
    return bare and config.rope_parameters.get("rope_type") == "default"


class Cache:
    """Keys and values of some rows; the places of each row count from 0.

    Attributes:
        keys: shape (layers, rows, key heads, places, head width).
        values: the same shape.
    """

    def __init__(self, layers: int, heads: int, like: Tensor) -> None:
        self.keys = like.new_zeros(layers, 0, heads, 0, like.shape[-1])
        self.values = self.keys

    @property
    def rows(self) -> int:
        """How many rows there is room for."""
        return int(self.keys.shape[1])

    @property
    def places(self) -> int:
        """How many tokens of a row there is room for."""
        return int(self.keys.shape[3])

    def grow(self, rows: int, places: int) -> None:
        """Makes room for so many rows and places, if there is less; what is there stays."""
        if rows <= self.rows and places <= self.places:
            return
        layers, old_rows, heads, old_places, width = self.keys.shape
        places = max(-(-places // PAGE) * PAGE, old_places)
        shape = layers, max(rows, old_rows), heads, places, width
        for name in ("keys", "values"):
            # Zeros: what was never written is multiplied by 0 and must not be NaN.
            larger = self.keys.new_zeros(shape)
            larger[:, :old_rows, :, :old_places] = getattr(self, name)
            setattr(self, name, larger)

    def read(self, row: int, places: int) -> tuple[Tensor, Tensor]:
        """Returns a copy of a row's first keys and values, for `write`."""
        return self.keys[:, row, :, :places].clone(), self.values[:, row, :, :places].clone()

    def write(self, row: int, kept: tuple[Tensor, Tensor]) -> None:
        """Puts what `read` returned at the beginning of a row."""
        keys, values = kept
        self.grow(row + 1, keys.shape[2])
        self.keys[:, row, :, : keys.shape[2]] = keys
        self.values[:, row, :, : keys.shape[2]] = values

    def move(self, source: int, target: int, places: int) -> None:
        """Copies the beginning of one row over another's."""
        self.write(target, self.read(source, places))


@dataclass(frozen=True)
class Stretch:
    """Tokens that are read into a row.

    Attributes:
        row: its number in the cache.
        start: the place of the first of them.
        count: how many they are.
    """

    row: int
    start: int
    count: int

    @property
    def end(self) -> int:
        """The place behind the last of them."""
        return self.start + self.count


class Llama:
    """The text model with its output head, as their weights are when it is made.

    It needs up to as much memory again as they take: see `build_product`.
    """

    def __init__(self, model: Any, head: Any) -> None:
        config = model.config
        self._model = model
        self._head = build_product(head.weight, head.bias)
        self._eps: float = config.rms_norm_eps
        self._heads: int = config.num_attention_heads
        self._key_heads: int = config.num_key_value_heads
        self._head_width: int = model.layers[0].self_attn.head_dim
        self._scale: float = model.layers[0].self_attn.scaling
        self._products = [
            (
                _join(layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj),
                _join(layer.self_attn.o_proj),
                _join(layer.mlp.gate_proj, layer.mlp.up_proj),
                _join(layer.mlp.down_proj),
            )
            for layer in model.layers
        ]
        self._reserved = 0
        self._reserve(BLOCK)

    @property
    def _like(self) -> Tensor:
        weight: Tensor = self._model.embed_tokens.weight
        return weight.detach()

    def new_cache(self) -> Cache:
        """Returns an empty cache, without room for anything."""
        like = self._like.new_empty(self._head_width)
        return Cache(len(self._products), self._key_heads, like)

    def embed(self, ids: Sequence[int]) -> Tensor:
        """Returns the vectors of tokens: shape (tokens, width)."""
        return self._embed(torch.tensor(ids))

    def _embed(self, ids: Tensor) -> Tensor:
        return functional.embedding(ids.to(self._like.device), self._like)

    def read(
        self, vectors: Tensor, stretches: Sequence[Stretch], cache: Cache, tail: int = FEWEST_ROWS
    ) -> Tensor:
        """Reads on in some rows, each at its own place; the cache grows as it must.

        Args:
            vectors: of the tokens that are read, one stretch behind the other, shape
                (tokens, width).
            stretches: where they go; none is shorter than `tail`.
            cache: holds what stands before them; their keys and values are added.
            tail: how many tokens of each stretch are asked what follows them, the last ones.

        Returns:
            The logits of what follows: float32, shape (stretches, tail, vocabulary).
        """
        most = _whole_blocks(max(s.end for s in stretches))
        self._reserve(most)
        cache.grow(max(s.row + 1 for s in stretches), most)
        ends = list(accumulate(s.count for s in stretches))
        last = [place for end in ends for place in range(end - tail, end)]

        def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            if len(query) < len(vectors):
                queries = query.split([tail] * len(ends))
            else:
                queries = query.split([s.count for s in stretches])
            found = [
                self._read_stretch(
                    part,
                    key[end - s.count : end],
                    value[end - s.count : end],
                    (cache.keys[layer, s.row], cache.values[layer, s.row]),
                    s,
                )
                for part, s, end in zip(queries, stretches, ends, strict=True)
            ]
            return torch.cat(found)

        places = torch.cat([torch.arange(s.start, s.end) for s in stretches])
        cos, sin = self._cos[places], self._sin[places]
        logits = self._logits(self._run(vectors, cos, sin, attend, last))
        return logits.view(len(ends), tail, -1)

    def _read_stretch(
        self, query: Tensor, key: Tensor, value: Tensor, kept: tuple[Tensor, Tensor], at: Stretch
    ) -> Tensor:
        """Adds keys and values to a row's, `kept`, and looks up what the last queries ask."""
        seen = _whole_blocks(at.end)
        keys, values = kept
        keys[:, at.start : at.end] = key.transpose(0, 1)
        values[:, at.start : at.end] = value.transpose(0, 1)
        mask = self._causal[at.end - len(query) : at.end, :seen]
        mask = mask.repeat(self._heads // self._key_heads, 1)
        asked = query.transpose(0, 1).reshape(self._key_heads, -1, self._head_width)
        scores = torch.baddbmm(mask, asked, keys[:, :seen].transpose(1, 2), alpha=self._scale)
        found = torch.bmm(scores.softmax(dim=-1), values[:, :seen])
        return found.view(self._heads, -1, self._head_width).transpose(0, 1)

    def step(self, ids: Sequence[Sequence[int]], lengths: Sequence[int], cache: Cache) -> Tensor:
        """Reads some more tokens in each of the first rows.

        Args:
            ids: the tokens of each row, one at least.
            lengths: how many tokens each row has so far, at which place the first of them goes.
            cache: of these rows.

        Returns:
            The logits of what follows each token, row behind row: float32, shape
            (tokens, vocabulary).
        """
        rows, counts = len(ids), [len(part) for part in ids]
        total = sum(counts)
        ids = [*ids[:-1], [*ids[-1], *[0] * (FEWEST_ROWS - total)]]  # fewer add up otherwise
        device = self._like.device
        most = max(FEWEST_ROWS, *map(len, ids))  # queries of a row in the products
        column = torch.tensor([i for part in ids for i in range(len(part))], device=device)
        number = torch.tensor([i for i, part in enumerate(ids) for _ in part], device=device)
        starts = torch.tensor(lengths, device=device)
        places = starts[number] + column
        seen = _whole_blocks(max(lengths) + most)
        self._reserve(seen)
        cache.grow(rows, seen)
        asking = starts[:, None] + torch.arange(most, device=device)
        mask = self._causal[asking, :seen][:, None]
        mask = mask.repeat(1, self._key_heads, self._heads // self._key_heads, 1).flatten(0, 1)
        grid = self._like.new_zeros(rows, self._heads, most, self._head_width)

        def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            keys, values = cache.keys[layer, :rows], cache.values[layer, :rows]
            keys[number, :, places] = key
            values[number, :, places] = value
            grid[number, :, column] = query
            asked = grid.view(rows * self._key_heads, -1, self._head_width)
            known = keys.flatten(0, 1)[:, :seen].transpose(1, 2)
            chances = torch.baddbmm(mask, asked, known, alpha=self._scale).softmax(dim=-1)
            found = torch.bmm(chances, values.flatten(0, 1)[:, :seen])
            return found.view(rows, self._heads, most, -1)[number, :, column]

        cos, sin = self._cos[places], self._sin[places]
        tokens = torch.tensor([token for part in ids for token in part])
        return self._logits(self._run(self._embed(tokens), cos, sin, attend))[:total]

    def _run(
        self,
        hidden: Tensor,
        cos: Tensor,
        sin: Tensor,
        attend: Attend,
        last: Sequence[int] | None = None,
    ) -> Tensor:
        """Runs all layers on tokens, shape (tokens, width).

        Only the tokens of `last`, if given, are carried through the last layer; of the others,
        nothing but keys and values is needed there.
        """
        heads = self._heads + self._key_heads
        for number, (layer, products) in enumerate(
            zip(self._model.layers, self._products, strict=True)
        ):
            ask, out, up, down = products
            seen = self._normalise(hidden, layer.input_layernorm)
            asked = ask(seen).unflatten(1, (-1, self._head_width))
            turned = _turn(asked[:, :heads], cos, sin)
            query, key, value = turned[:, : self._heads], turned[:, self._heads :], asked[:, heads:]
            if last is not None and number == len(self._products) - 1:
                query, hidden = query[last], hidden[last]
            found = attend(number, query, key, value).flatten(1)
            hidden = hidden + out(found)
            seen = self._normalise(hidden, layer.post_attention_layernorm)
            gate, risen = up(seen).chunk(2, dim=-1)
            hidden = hidden + down(functional.silu(gate) * risen)
        return hidden

    def _logits(self, hidden: Tensor) -> Tensor:
        seen = self._normalise(hidden, self._model.norm)
        return self._head(seen).float()

    def _normalise(self, hidden: Tensor, norm: Any) -> Tensor:
        return functional.rms_norm(hidden, norm.weight.shape, norm.weight, self._eps)

    def _reserve(self, places: int) -> None:
        """Makes the tables of places long enough: turns, and who may look where."""
        if places <= self._reserved:
            return
        self._reserved = places = 2 * places
        like = self._like
        number = torch.arange(places, device=like.device)
        cos, sin = self._model.rotary_emb(like, number[None])
        self._cos, self._sin = cos[0][:, None], sin[0][:, None]  # (places, 1, head width)
        later = number[None] > number[:, None]
        self._causal = like.new_zeros(places, places).masked_fill(later, float("-inf"))


def _join(*linears: Any) -> Product:
    """Returns one product for several layers, whose weights are laid behind each other.

    The layers share what was laid together, so that it takes no memory of its own.
    """
    weight = _lay_together([linear.weight for linear in linears])
    has_bias = linears[0].bias is not None
    return build_product(
        weight, _lay_together([linear.bias for linear in linears]) if has_bias else None
    )


def _lay_together(parts: Sequence[Tensor]) -> Tensor:
    if len(parts) == 1:
        return parts[0].detach()
    whole = torch.cat([part.detach() for part in parts])
    for part, piece in zip(parts, whole.split([len(part) for part in parts]), strict=True):
        part.data = piece
    return whole


def _turn(vectors: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns queries or keys by their places: shape (tokens, heads, head width)."""
    first, second = vectors.chunk(2, dim=-1)
    return vectors * cos + torch.cat((-second, first), dim=-1) * sin


def _whole_blocks(places: int) -> int:
    return -(-places // BLOCK) * BLOCK
