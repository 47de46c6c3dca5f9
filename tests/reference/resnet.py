"""Plain PyTorch CIFAR ResNets under the common names: what dplaunch's checkpoints load into."""

import math

import torch
from torch import nn

BLOCKS = {"resnet18": [2, 2, 2, 2], "resnet34": [3, 4, 6, 3], "resnet20": [3, 3, 3]}
WIDTH = {"resnet18": 64, "resnet34": 64, "resnet20": 16}


def conv(in_channels, channels, kernel, stride=1):
    return nn.Conv2d(in_channels, channels, kernel, stride, padding=kernel // 2, bias=False)


def make_norm(kind, channels):
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(math.gcd(8, channels), channels)


class BasicBlock(nn.Module):
    def __init__(self, in_channels, channels, stride, norm):
        super().__init__()
        self.conv1 = conv(in_channels, channels, 3, stride)
        self.bn1 = make_norm(norm, channels)
        self.conv2 = conv(channels, channels, 3)
        self.bn2 = make_norm(norm, channels)
        self.downsample = None
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Sequential(
                conv(in_channels, channels, 1, stride), make_norm(norm, channels)
            )

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(out + shortcut)


class ResNet(nn.Module):
    """A 3x3 stem without max-pool, then stages that halve the image and double the channels."""

    def __init__(self, blocks, width, norm="batch", classes=100):
        super().__init__()
        self.conv1 = conv(3, width, 3)
        self.bn1 = make_norm(norm, width)
        self.stages = len(blocks)
        in_channels = width
        for stage, count in enumerate(blocks):
            channels = width << stage
            layer = []
            for block in range(count):
                stride = 2 if stage > 0 and block == 0 else 1
                layer.append(BasicBlock(in_channels, channels, stride, norm))
                in_channels = channels
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.fc = nn.Linear(in_channels, classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean((2, 3)))


def make_resnet(name, norm="batch", width=0):
    """`width` 0 is the model's own, as in the configuration."""
    return ResNet(BLOCKS[name], width or WIDTH[name], norm)


def initialize(model, seed):
    """The initial weights that dplaunch documents: convolutions normal with variance 2 / fan_out,
    the linear layer uniform within 1 / sqrt(fan_in), one generator in the parameters' order."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 4:
                fan_out = parameter.shape[0] * parameter.shape[2] * parameter.shape[3]
                parameter.normal_(0, math.sqrt(2 / fan_out), generator=generator)
            elif parameter.dim() == 2:
                bound = 1 / math.sqrt(parameter.shape[1])
                parameter.uniform_(-bound, bound, generator=generator)
                model.fc.bias.uniform_(-bound, bound, generator=generator)
    return model


def fnv1a_64(data, digest=0xCBF29CE484222325):
    for byte in data:
        digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return digest


def parameter_digest(model):
    """FNV-1a 64 over the bytes of all parameters in the model's order, row-major float32."""
    digest = fnv1a_64(b"")
    for parameter in model.parameters():
        digest = fnv1a_64(parameter.detach().contiguous().numpy().tobytes(), digest)
    return f"{digest:016x}"
