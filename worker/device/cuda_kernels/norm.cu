// BatchNorm, an addition and ReLU in one, for tensors of [rows, channels] (channels_last) on a GPU.
// NVRTC compiles this file alone, after definitions of DPLAUNCH_ELEMENT (Bf16 or float) and
// DPLAUNCH_VECTOR (channels a thread: 8, or 1 where 8 does not divide them). It includes nothing,
// so that a test can compile it as C++ of the host.
//
// All kernels have blocks of [channels / vector, rows]: threadIdx.x and blockIdx.x choose a
// thread's channels, for which it keeps all values in registers, threadIdx.y and blockIdx.y its
// rows. Blocks have kThreads threads, blockDim.y is a power of two. NaN passes ReLU in both
// directions.

namespace {

struct Bf16 {
  unsigned short bits;
};

using Element = DPLAUNCH_ELEMENT;
constexpr int kVector = DPLAUNCH_VECTOR;
constexpr int kThreads = 256;

struct alignas(sizeof(Element) * kVector < 16 ? sizeof(Element) * kVector : 16) Elements {
  Element of[kVector];
};

struct Values {
  float of[kVector];
};

__device__ float to_float(float value) {
  return value;
}

/// bfloat16 is the upper half of a float.
__device__ float to_float(Bf16 value) {
  return __uint_as_float(static_cast<unsigned>(value.bits) << 16);
}

__device__ void assign(float& to, float value) {
  to = value;
}

/// Rounds to nearest, ties to even.
__device__ void assign(Bf16& to, float value) {
  const unsigned bits = __float_as_uint(value);
  const unsigned rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  to.bits = static_cast<unsigned short>(value == value ? rounded : 0x7FC0U);
}

__device__ Values load(const Element* from, long long at) {
  const Elements elements = *reinterpret_cast<const Elements*>(from + at);
  Values values;
  for (int k = 0; k < kVector; ++k) values.of[k] = to_float(elements.of[k]);
  return values;
}

__device__ void store(Element* to, long long at, const Values& values) {
  Elements elements;
  for (int k = 0; k < kVector; ++k) assign(elements.of[k], values.of[k]);
  *reinterpret_cast<Elements*>(to + at) = elements;
}

__device__ Values load_channels(const float* from, int channel) {
  Values values;
  for (int k = 0; k < kVector; ++k) values.of[k] = from[channel + k];
  return values;
}

__device__ int first_channel() {
  return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * kVector;
}

__device__ long long first_row() {
  return static_cast<long long>(blockIdx.y) * blockDim.y + threadIdx.y;
}

__device__ long long row_step() {
  return static_cast<long long>(gridDim.y) * blockDim.y;
}

/// Two values a channel of each thread.
struct Shared {
  Values first[kThreads];
  Values second[kThreads];
  float count[kThreads];
};

/// Sets a's moments to those of what a and b have seen (Chan, Golub, LeVeque 1983).
__device__ void combine(float& count_a, Values& mean_a, Values& squares_a, float count_b,
                        const Values& mean_b, const Values& squares_b) {
  const float both = count_a + count_b;
  if (both == 0) return;
  const float share = count_b / both;
  for (int k = 0; k < kVector; ++k) {
    const float difference = mean_b.of[k] - mean_a.of[k];
    mean_a.of[k] += difference * share;
    squares_a.of[k] += squares_b.of[k] + difference * difference * count_a * share;
  }
  count_a = both;
}

/// The moments of all threads with this threadIdx.x, in that with threadIdx.y = 0.
__device__ void combine_threads(Shared& shared, float& count, Values& mean, Values& squares) {
  const int mine = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
  for (unsigned step = blockDim.y / 2; step > 0; step /= 2) {
    shared.first[mine] = mean;
    shared.second[mine] = squares;
    shared.count[mine] = count;
    __syncthreads();
    if (threadIdx.y < step) {
      const int other = mine + static_cast<int>(step * blockDim.x);
      combine(count, mean, squares, shared.count[other], shared.first[other], shared.second[other]);
    }
    __syncthreads();
  }
}

/// The sums over all threads with this threadIdx.x, in that with threadIdx.y = 0.
__device__ void add_threads(Shared& shared, Values& first, Values& second) {
  const int mine = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
  for (unsigned step = blockDim.y / 2; step > 0; step /= 2) {
    shared.first[mine] = first;
    shared.second[mine] = second;
    __syncthreads();
    if (threadIdx.y < step) {
      const int other = mine + static_cast<int>(step * blockDim.x);
      for (int k = 0; k < kVector; ++k) {
        first.of[k] += shared.first[other].of[k];
        second.of[k] += shared.second[other].of[k];
      }
    }
    __syncthreads();
  }
}

__device__ float affine(float x, float scale, float shift) {
  return __fmaf_rn(x, scale, shift);  // the same bits in every kernel: a mask is computed again
}

/// What reaches y = relu(x * scale + shift + addend), as worker/device/cpu_kernels/norm_kernels.h.
struct Gradient {
  const Element* grad;
  const Element* other;  ///< nullptr = none
  const Element* x;
  const Element* out;  ///< where the mask comes from; nullptr = from x
  int relu;
};

__device__ Values masked_gradient(const Gradient& gradient, long long at, const Values& x,
                                  const Values& scale, const Values& shift) {
  Values g = load(gradient.grad, at);
  if (gradient.other != nullptr) {
    const Values other = load(gradient.other, at);
    for (int k = 0; k < kVector; ++k) g.of[k] += other.of[k];
  }
  if (gradient.relu == 0) return g;
  Values y;
  if (gradient.out != nullptr) {
    y = load(gradient.out, at);
  } else {
    for (int k = 0; k < kVector; ++k) y.of[k] = affine(x.of[k], scale.of[k], shift.of[k]);
  }
  for (int k = 0; k < kVector; ++k) {
    if (y.of[k] <= 0) g.of[k] = 0;
  }
  return g;
}

}  // namespace

extern "C" {

/// Mean and sum of squared differences of each channel over the rows of blockIdx.y, to
/// means[blockIdx.y][channel] and squares; how many rows these are to counts[blockIdx.y].
__global__ void norm_moments(const Element* x, long long rows, int channels, float* means,
                             float* squares, float* counts) {
  __shared__ Shared shared;
  const int channel = first_channel();
  Values mean = {};
  Values square = {};
  float count = 0;
  if (channel < channels) {
    for (long long row = first_row(); row < rows; row += row_step()) {
      const Values values = load(x, row * channels + channel);
      count += 1;
      const float share = 1 / count;
      for (int k = 0; k < kVector; ++k) {  // Welford
        const float difference = values.of[k] - mean.of[k];
        mean.of[k] += difference * share;
        square.of[k] += difference * (values.of[k] - mean.of[k]);
      }
    }
  }
  combine_threads(shared, count, mean, square);
  if (threadIdx.y != 0 || channel >= channels) return;
  for (int k = 0; k < kVector; ++k) {
    means[blockIdx.y * channels + channel + k] = mean.of[k];
    squares[blockIdx.y * channels + channel + k] = square.of[k];
  }
  if (channel == 0) counts[blockIdx.y] = count;
}

/// From the moments of `parts` parts to a channel's mean, 1 / standard deviation, scale and shift,
/// and the running statistics. One row of blocks.
__global__ void norm_finish(const float* means, const float* squares, const float* counts,
                            int parts, int channels, float epsilon, float momentum,
                            const float* weight, const float* bias, float* mean, float* inv_std,
                            float* scale, float* shift, float* running_mean, float* running_var) {
  __shared__ Shared shared;
  const int channel = first_channel();
  Values of_all = {};
  Values squares_of_all = {};
  float count = 0;
  if (channel < channels) {
    for (int part = static_cast<int>(threadIdx.y); part < parts;
         part += static_cast<int>(blockDim.y)) {
      const long long first = static_cast<long long>(part) * channels;
      combine(count, of_all, squares_of_all, counts[part],
              load_channels(means + first, channel), load_channels(squares + first, channel));
    }
  }
  combine_threads(shared, count, of_all, squares_of_all);
  if (threadIdx.y != 0 || channel >= channels) return;
  for (int k = 0; k < kVector; ++k) {
    const int c = channel + k;
    mean[c] = of_all.of[k];
    inv_std[c] = 1 / sqrtf(squares_of_all.of[k] / count + epsilon);
    scale[c] = inv_std[c] * weight[c];
    shift[c] = bias[c] - mean[c] * scale[c];
    running_mean[c] = momentum * of_all.of[k] + (1 - momentum) * running_mean[c];
    running_var[c] =
        momentum * (squares_of_all.of[k] / (count - 1)) + (1 - momentum) * running_var[c];
  }
}

/// out = relu(x * scale + shift + addend); `addend` may be nullptr.
__global__ void norm_apply(const Element* x, const Element* addend, const float* scale,
                           const float* shift, int relu, long long rows, int channels,
                           Element* out) {
  const int channel = first_channel();
  if (channel >= channels) return;
  const Values scales = load_channels(scale, channel);
  const Values shifts = load_channels(shift, channel);
  for (long long row = first_row(); row < rows; row += row_step()) {
    const long long at = row * channels + channel;
    Values y = load(x, at);
    for (int k = 0; k < kVector; ++k) y.of[k] = affine(y.of[k], scales.of[k], shifts.of[k]);
    if (addend != nullptr) {
      const Values added = load(addend, at);
      for (int k = 0; k < kVector; ++k) y.of[k] += added.of[k];
    }
    for (int k = 0; k < kVector; ++k) {
      if (relu != 0 && y.of[k] < 0) y.of[k] = 0;
    }
    store(out, at, y);
  }
}

/// Sums of g and of g * (x - mean) over the rows of blockIdx.y, to sums[blockIdx.y][channel] and
/// dots; g to `masked` unless that is nullptr.
__global__ void norm_gradient_sums(const Element* grad, const Element* other, const Element* x,
                                   const Element* out, int relu, const float* scale,
                                   const float* shift, const float* mean, long long rows,
                                   int channels, Element* masked, float* sums, float* dots) {
  __shared__ Shared shared;
  const Gradient gradient = {grad, other, x, out, relu};
  const int channel = first_channel();
  Values sum = {};
  Values dot = {};
  if (channel < channels) {
    const Values scales = load_channels(scale, channel);
    const Values shifts = load_channels(shift, channel);
    const Values means = load_channels(mean, channel);
    for (long long row = first_row(); row < rows; row += row_step()) {
      const long long at = row * channels + channel;
      const Values values = load(x, at);
      const Values g = masked_gradient(gradient, at, values, scales, shifts);
      if (masked != nullptr) store(masked, at, g);
      for (int k = 0; k < kVector; ++k) {
        sum.of[k] += g.of[k];
        dot.of[k] += g.of[k] * (values.of[k] - means.of[k]);
      }
    }
  }
  add_threads(shared, sum, dot);
  if (threadIdx.y != 0 || channel >= channels) return;
  for (int k = 0; k < kVector; ++k) {
    sums[blockIdx.y * channels + channel + k] = sum.of[k];
    dots[blockIdx.y * channels + channel + k] = dot.of[k];
  }
}

/// From the sums of `parts` parts to the gradients of weight and bias, and to what
/// norm_gradient_apply subtracts. One row of blocks.
__global__ void norm_gradient_finish(const float* sums, const float* dots, int parts, int channels,
                                     float rows, const float* inv_std, float* grad_weight,
                                     float* grad_bias, float* grad_mean, float* slope) {
  __shared__ Shared shared;
  const int channel = first_channel();
  Values sum = {};
  Values dot = {};
  if (channel < channels) {
    for (int part = static_cast<int>(threadIdx.y); part < parts;
         part += static_cast<int>(blockDim.y)) {
      for (int k = 0; k < kVector; ++k) {
        sum.of[k] += sums[part * channels + channel + k];
        dot.of[k] += dots[part * channels + channel + k];
      }
    }
  }
  add_threads(shared, sum, dot);
  if (threadIdx.y != 0 || channel >= channels) return;
  for (int k = 0; k < kVector; ++k) {
    const int c = channel + k;
    grad_weight[c] = dot.of[k] * inv_std[c];
    grad_bias[c] = sum.of[k];
    grad_mean[c] = sum.of[k] / rows;
    slope[c] = dot.of[k] * inv_std[c] * inv_std[c] / rows;
  }
}

/// grad_x = (g - grad_mean - (x - mean) * slope) * scale.
__global__ void norm_gradient_apply(const Element* grad, const Element* x, int relu,
                                    const float* scale, const float* shift, const float* mean,
                                    const float* grad_mean, const float* slope, long long rows,
                                    int channels, Element* grad_x) {
  const Gradient gradient = {grad, nullptr, x, nullptr, relu};
  const int channel = first_channel();
  if (channel >= channels) return;
  const Values scales = load_channels(scale, channel);
  const Values shifts = load_channels(shift, channel);
  const Values means = load_channels(mean, channel);
  const Values grad_means = load_channels(grad_mean, channel);
  const Values slopes = load_channels(slope, channel);
  for (long long row = first_row(); row < rows; row += row_step()) {
    const long long at = row * channels + channel;
    const Values values = load(x, at);
    Values g = masked_gradient(gradient, at, values, scales, shifts);
    for (int k = 0; k < kVector; ++k) {
      const float away = (values.of[k] - means.of[k]) * slopes.of[k];
      g.of[k] = (g.of[k] - grad_means.of[k] - away) * scales.of[k];
    }
    store(grad_x, at, g);
  }
}

}  // extern "C"
