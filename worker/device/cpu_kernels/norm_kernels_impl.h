#pragma once

#include "worker/device/cpu_kernels/norm_kernels.h"

/// The kernels for any width of vectors, in GCC's and Clang's vector types. Everything has internal
/// linkage: each object file has its own.
namespace dplaunch::cpu_kernels {
namespace {

template <typename Element, std::size_t kLanes>
struct VectorOf {
  typedef Element Type __attribute__((vector_size(kLanes * sizeof(Element))));
};
template <typename Element, std::size_t kLanes>
using Vector = typename VectorOf<Element, kLanes>::Type;

template <std::size_t kLanes, typename T>
[[gnu::always_inline]] inline auto load(const T* from) {
  Vector<T, kLanes> values;
  __builtin_memcpy(&values, from, sizeof values);
  return values;
}

template <std::size_t kLanes>
[[gnu::always_inline]] inline Vector<float, kLanes> load(const Bfloat16* from) {
  Vector<std::uint16_t, kLanes> bits;
  __builtin_memcpy(&bits, from, sizeof bits);
  // bfloat16 is the upper half of a float.
  const auto words = __builtin_convertvector(bits, Vector<std::uint32_t, kLanes>) << 16U;
  Vector<float, kLanes> values;
  __builtin_memcpy(&values, &words, sizeof values);
  return values;
}

template <std::size_t kLanes, typename T, typename V>
[[gnu::always_inline]] inline void store(T* to, const V& values) {
  static_assert(sizeof values == kLanes * sizeof(T));
  __builtin_memcpy(to, &values, sizeof values);
}

/// Rounds to nearest, ties to even; every NaN becomes one, as in c10::BFloat16.
template <std::size_t kLanes>
[[gnu::always_inline]] inline void store(Bfloat16* to, const Vector<float, kLanes>& values) {
  using Words = Vector<std::uint32_t, kLanes>;
  constexpr std::uint32_t kNan = 0x7FC0;
  Words words;
  __builtin_memcpy(&words, &values, sizeof words);
  const Words rounded = (words + 0x7FFFU + (words >> 16U & 1U)) >> 16U;
  const Words chosen = values == values ? rounded : Words{} + kNan;
  const auto bits = __builtin_convertvector(chosen, Vector<std::uint16_t, kLanes>);
  __builtin_memcpy(to, &bits, sizeof bits);
}

/// Rows that are looked at together.
struct Span {
  std::size_t begin, end;
};

/// So many vectors side by side, which stay in registers while the rows of a span go by.
constexpr std::size_t kWide = 4;
/// A span holds so much: all of it is in the nearest cache while its channels are gone through, and
/// memory is read from the first byte to the last.
constexpr std::size_t kSpanBytes = 2048;

/// Calls work.tile<lanes, vectors>(channel, rows) for parts that cover all channels from `first`.
template <std::size_t kLanes, typename Work>
void for_channels(std::size_t first, std::size_t channels, Span rows, const Work& work) {
  constexpr std::size_t kTile = kWide * kLanes;
  for (; first + kTile <= channels; first += kTile) work.template tile<kLanes, kWide>(first, rows);
  for (; first + kLanes <= channels; first += kLanes) work.template tile<kLanes, 1>(first, rows);
  if constexpr (kLanes > 1) for_channels<kLanes / 2>(first, channels, rows, work);
}

template <std::size_t kLanes, typename Value, typename Work>
void for_all(Rows size, const Work& work) {
  const std::size_t fitting = kSpanBytes / (size.channels * sizeof(Value));
  const std::size_t step = fitting > 0 ? fitting : 1;
  for (std::size_t row = 0; row < size.rows; row += step) {
    const std::size_t end = row + step < size.rows ? row + step : size.rows;
    for_channels<kLanes>(0, size.channels, {row, end}, work);
  }
}

/// So many vectors of values a channel, from memory and back.
template <std::size_t kLanes, std::size_t kVectors, typename Value>
struct Tile {
  using V = Vector<Value, kLanes>;
  V of[kVectors];

  [[gnu::always_inline]] static Tile from(const Value* values) {
    Tile tile;
    for (std::size_t k = 0; k < kVectors; ++k) tile.of[k] = load<kLanes>(values + k * kLanes);
    return tile;
  }
  [[gnu::always_inline]] void to(Value* values) const {
    for (std::size_t k = 0; k < kVectors; ++k) store<kLanes>(values + k * kLanes, of[k]);
  }
};

template <typename T>
struct AddUp {
  using Value = ValueOf<T>;
  const T* x;
  std::size_t channels;
  Value* sum;

  template <std::size_t kLanes, std::size_t kVectors>
  void tile(std::size_t channel, Span rows) const {
    auto sums = Tile<kLanes, kVectors, Value>::from(sum + channel);
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const T* from = x + row * channels + channel;
      for (std::size_t k = 0; k < kVectors; ++k) sums.of[k] += load<kLanes>(from + k * kLanes);
    }
    sums.to(sum + channel);
  }
};

template <typename T>
struct AddUpSquares {
  using Value = ValueOf<T>;
  const T* x;
  std::size_t channels;
  const Value* mean;
  Value* squares;

  template <std::size_t kLanes, std::size_t kVectors>
  void tile(std::size_t channel, Span rows) const {
    const auto means = Tile<kLanes, kVectors, Value>::from(mean + channel);
    auto sums = Tile<kLanes, kVectors, Value>::from(squares + channel);
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const T* from = x + row * channels + channel;
      for (std::size_t k = 0; k < kVectors; ++k) {
        const auto difference = load<kLanes>(from + k * kLanes) - means.of[k];
        sums.of[k] += difference * difference;
      }
    }
    sums.to(squares + channel);
  }
};

template <typename T>
struct Apply {
  using Value = ValueOf<T>;
  const T* x;
  const T* addend;
  const Value* scale;
  const Value* shift;
  bool relu;
  std::size_t channels;
  T* out;

  template <std::size_t kLanes, std::size_t kVectors>
  void tile(std::size_t channel, Span rows) const {
    using V = Vector<Value, kLanes>;
    const auto scales = Tile<kLanes, kVectors, Value>::from(scale + channel);
    const auto shifts = Tile<kLanes, kVectors, Value>::from(shift + channel);
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      for (std::size_t k = 0; k < kVectors; ++k) {
        const std::size_t at = row * channels + channel + k * kLanes;
        V y = load<kLanes>(x + at) * scales.of[k] + shifts.of[k];
        if (addend != nullptr) y += load<kLanes>(addend + at);
        if (relu) y = y < V{} ? V{} : y;
        store<kLanes>(out + at, y);
      }
    }
  }
};

/// g at the place `at` of the tensor, where its channel has this scale and shift.
template <std::size_t kLanes, typename T, typename V>
[[gnu::always_inline]] inline V masked_gradient(const Gradient<T>& gradient, std::size_t at,
                                                const V& x, const V& scale, const V& shift) {
  using Mask = typename Gradient<T>::Mask;
  V g = load<kLanes>(gradient.grad + at);
  if (gradient.other != nullptr) g += load<kLanes>(gradient.other + at);
  if (gradient.mask == Mask::kInput) g = x * scale + shift <= V{} ? V{} : g;
  if (gradient.mask == Mask::kOutput) g = load<kLanes>(gradient.out + at) <= V{} ? V{} : g;
  return g;
}

template <typename T>
struct AddUpGradients {
  using Value = ValueOf<T>;
  Gradient<T> gradient;
  std::size_t channels;
  T* masked;
  Value* sum;
  Value* dot;

  template <std::size_t kLanes, std::size_t kVectors>
  void tile(std::size_t channel, Span rows) const {
    using Values = Tile<kLanes, kVectors, Value>;
    const auto scales = Values::from(gradient.scale + channel);
    const auto shifts = Values::from(gradient.shift + channel);
    const auto means = Values::from(gradient.mean + channel);
    auto sums = Values::from(sum + channel);
    auto dots = Values::from(dot + channel);
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      for (std::size_t k = 0; k < kVectors; ++k) {
        const std::size_t at = row * channels + channel + k * kLanes;
        const auto x = load<kLanes>(gradient.x + at);
        const auto g = masked_gradient<kLanes>(gradient, at, x, scales.of[k], shifts.of[k]);
        if (masked != nullptr) store<kLanes>(masked + at, g);
        sums.of[k] += g;
        dots.of[k] += g * (x - means.of[k]);
      }
    }
    sums.to(sum + channel);
    dots.to(dot + channel);
  }
};

template <typename T>
struct ApplyGradient {
  using Value = ValueOf<T>;
  Gradient<T> gradient;
  const Value* grad_mean;
  const Value* slope;
  std::size_t channels;
  T* grad_x;

  template <std::size_t kLanes, std::size_t kVectors>
  void tile(std::size_t channel, Span rows) const {
    using Values = Tile<kLanes, kVectors, Value>;
    const auto scales = Values::from(gradient.scale + channel);
    const auto shifts = Values::from(gradient.shift + channel);
    const auto means = Values::from(gradient.mean + channel);
    const auto grad_means = Values::from(grad_mean + channel);
    const auto slopes = Values::from(slope + channel);
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      for (std::size_t k = 0; k < kVectors; ++k) {
        const std::size_t at = row * channels + channel + k * kLanes;
        const auto x = load<kLanes>(gradient.x + at);
        const auto g = masked_gradient<kLanes>(gradient, at, x, scales.of[k], shifts.of[k]);
        const auto away = (x - means.of[k]) * slopes.of[k];
        store<kLanes>(grad_x + at, (g - grad_means.of[k] - away) * scales.of[k]);
      }
    }
  }
};

template <typename Value>
void set_to_zero(Value* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) values[i] = 0;
}

/// `kBytes` is what a vector register holds.
template <std::size_t kBytes, typename T>
NormKernels<T> make_norm_kernels() {
  using Value = ValueOf<T>;
  constexpr std::size_t kLanes = kBytes / sizeof(Value);
  return {
      [](const T* x, Rows size, Value* mean, Value* squares) {
        set_to_zero(mean, size.channels);
        set_to_zero(squares, size.channels);
        for_all<kLanes, Value>(size, AddUp<T>{x, size.channels, mean});
        for (std::size_t c = 0; c < size.channels; ++c) mean[c] /= static_cast<Value>(size.rows);
        for_all<kLanes, Value>(size, AddUpSquares<T>{x, size.channels, mean, squares});
      },
      [](const T* x, const T* addend, const Value* scale, const Value* shift, bool relu, Rows size,
         T* out) {
        for_all<kLanes, Value>(size, Apply<T>{x, addend, scale, shift, relu, size.channels, out});
      },
      [](const Gradient<T>& gradient, Rows size, T* masked, Value* sum, Value* dot) {
        set_to_zero(sum, size.channels);
        set_to_zero(dot, size.channels);
        for_all<kLanes, Value>(size, AddUpGradients<T>{gradient, size.channels, masked, sum, dot});
      },
      [](const Gradient<T>& gradient, const Value* grad_mean, const Value* slope, Rows size,
         T* grad_x) {
        for_all<kLanes, Value>(size,
                               ApplyGradient<T>{gradient, grad_mean, slope, size.channels, grad_x});
      },
  };
}

template <std::size_t kBytes>
NormKernelSet make_norm_kernel_set() {
  return {make_norm_kernels<kBytes, float>(), make_norm_kernels<kBytes, double>(),
          make_norm_kernels<kBytes, Bfloat16>()};
}

}  // namespace
}  // namespace dplaunch::cpu_kernels
