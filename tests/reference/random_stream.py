"""The random numbers of dplaunch, and the order of an epoch, in plain Python integers."""

MASK = 0xFFFFFFFFFFFFFFFF
GAMMA = 0x9E3779B97F4A7C15
PERMUTATION, AUGMENTATION = 1, 2


def _mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


class RandomStream:
    """SplitMix64 in the state that belongs to (seed, purpose, coordinates)."""

    def __init__(self, seed, purpose, *coordinates):
        state = _mix((seed + GAMMA) & MASK) ^ purpose
        for coordinate in coordinates:
            state = _mix((state + GAMMA) & MASK) ^ _mix((coordinate + GAMMA) & MASK)
        self.state = _mix((state + GAMMA) & MASK)

    def next(self):
        self.state = (self.state + GAMMA) & MASK
        return _mix(self.state)

    def below(self, bound):
        rejected_below = (2**32 - bound) % bound
        while True:
            product = (self.next() >> 32) * bound
            if product & 0xFFFFFFFF >= rejected_below:
                return product >> 32


def epoch_permutation(count, seed, epoch):
    order = list(range(count))
    stream = RandomStream(seed, PERMUTATION, epoch)
    for left in range(count, 1, -1):
        other = stream.below(left)
        order[left - 1], order[other] = order[other], order[left - 1]
    return order
