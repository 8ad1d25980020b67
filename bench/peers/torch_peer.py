"""The works of bench/README.md in PyTorch, eager or compiled: `python torch_peer.py cnn 32 2 [--variant compile]`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from protocol import arguments, serve


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(5408, 128), nn.ReLU(), nn.Linear(128, 10),
    )


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.fc_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (z.view(B, T, self.heads, C // self.heads).transpose(1, 2) for z in self.qkv(self.ln1(x)).split(C, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, heads, T, C / heads)
        x = x + self.proj(y.transpose(1, 2).reshape(B, T, C))
        return x + self.fc_proj(F.gelu(self.fc(self.ln2(x))))


class GPT(nn.Module):
    def __init__(self, layers: int, heads: int, width: int, context: int, vocabulary: int = 65):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.wte.weight
        self.register_buffer("positions", torch.arange(context))
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / (2 * layers) ** 0.5 if name.endswith("proj.weight") else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(self.positions)
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x)).flatten(0, 1)  # (B·T, vocabulary)


class Residual(nn.Module):
    def __init__(self, before: int, after: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        same = stride == 1 and before == after
        self.shortcut = nn.Identity() if same else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


def resnet() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        Residual(64, 64, 1), Residual(64, 128, 2), Residual(128, 256, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10),
    )


class Recurrent(nn.Module):
    def __init__(self, kind: str):
        super().__init__()
        self.rnn = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](128, 256, batch_first=True)
        self.head = nn.Linear(256, 10)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.head(y[:, -1])


class Encoder(nn.Module):
    def __init__(self, depth: int = 6, heads: int = 6, width: int = 384, steps: int = 128, vocabulary: int = 1000):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.empty(steps, width).uniform_(-0.05, 0.05))
        self.layers = nn.Sequential(*(
            nn.TransformerEncoderLayer(width, heads, 4 * width, 0.0, F.gelu, batch_first=True, norm_first=True)
            for _ in range(depth)
        ))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, tokens):
        return self.head(self.norm(self.layers(self.tokens(tokens) + self.positions)).mean(1))


def convolution(before: int, after: int, size: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(before, after, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(after), nn.ReLU()]


def mobilenet() -> nn.Module:
    parts, before = convolution(3, 32, 3), 32
    for after, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1)]:
        parts += [*convolution(before, before, 3, stride, before), *convolution(before, after, 1)]
        before = after
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


def resnet20() -> nn.Module:
    blocks = [Residual(16, 16, 1), *(Residual(16, 16, 1) for _ in range(2))]
    for before, after in [(16, 32), (32, 64)]:
        blocks += [Residual(before, after, 2), Residual(after, after, 1), Residual(after, after, 1)]
    return nn.Sequential(*convolution(3, 16, 3), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def make(work: str, batch: int):
    """The model, one batch of random data, and its labels."""
    if work == "cnn":
        return cnn(), torch.randn(batch, 1, 28, 28), torch.randint(10, (batch,))
    if work == "mlp":
        return mlp(), torch.randn(batch, 784), torch.randint(10, (batch,))
    if work == "encoder":
        return Encoder(), torch.randint(1000, (batch, 128)), torch.randint(10, (batch,))
    if work in ("mobilenet", "resnet20"):
        make_model = {"mobilenet": mobilenet, "resnet20": resnet20}[work]
        return make_model(), torch.randn(batch, 3, 32, 32), torch.randint(10, (batch,))
    if work == "resnet":
        return resnet(), torch.randn(batch, 3, 32, 32), torch.randint(10, (batch,))
    if work in ("lstm", "gru"):
        return Recurrent(work), torch.randn(batch, 128, 128), torch.randint(10, (batch,))
    layers, heads, width, context = (4, 4, 128, 64) if work == "nanogpt" else (6, 6, 384, 256)
    return GPT(layers, heads, width, context), torch.randint(65, (batch, context)), torch.randint(65, (batch * context,))


if __name__ == "__main__":
    args = arguments(["eager", "compile"])
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model, x, y = make(args.work, args.batch)
    optimizer = torch.optim.Adam(model.parameters())
    forward = torch.compile(model) if args.variant == "compile" else model

    def step() -> float:
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def parameters() -> int:
        # PyTorch's LSTM adds up two biases, which are one of the model's.
        twice = 4 * 256 if args.work == "lstm" else 0
        return sum(p.numel() for p in model.parameters()) - twice

    serve(step, f"PyTorch {torch.__version__} {args.variant}", parameters)
