#include "worker/device/cpu_kernels/norm_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace dplaunch::cpu_kernels {
namespace {

// Channels that are a multiple of nothing, so that every width of vector has its part.
constexpr Rows kSize{37, 64 + 16 + 8 + 4 + 2 + 1};

template <typename T>
T element(double value) {
  if constexpr (std::is_same_v<T, Bfloat16>) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    return {static_cast<std::uint16_t>(bits >> 16)};
  } else {
    return static_cast<T>(value);
  }
}

template <typename T>
std::vector<T> random_elements(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0.5, 2);
  std::vector<T> elements;
  for (std::size_t i = 0; i < count; ++i) elements.push_back(element<T>(normal(random)));
  elements[count / 2] = element<T>(std::numeric_limits<double>::quiet_NaN());
  elements[count / 3] = element<T>(0);
  return elements;
}

/// All results of the kernels on the same input, one after the other.
template <typename T>
std::vector<std::uint8_t> results(const NormKernels<T>& kernels) {
  using Value = ValueOf<T>;
  using Mask = typename Gradient<T>::Mask;
  const std::size_t count = kSize.rows * kSize.channels;
  const auto x = random_elements<T>(count, 1);
  const auto addend = random_elements<T>(count, 2);
  const auto grad = random_elements<T>(count, 3);
  const auto scale = random_elements<Value>(kSize.channels, 4);
  const auto shift = random_elements<Value>(kSize.channels, 5);
  std::vector<std::uint8_t> bytes;
  const auto keep = [&](const auto& values) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(values.data());
    bytes.insert(bytes.end(), first, first + values.size() * sizeof(values[0]));
  };
  std::vector<Value> mean(kSize.channels);
  std::vector<Value> other(kSize.channels);
  kernels.moments(x.data(), kSize, mean.data(), other.data());
  keep(mean);
  keep(other);
  std::vector<T> out(count);
  for (const T* added : {static_cast<const T*>(nullptr), addend.data()}) {
    kernels.apply(x.data(), added, scale.data(), shift.data(), true, kSize, out.data());
    keep(out);
  }
  for (const Mask mask : {Mask::kNone, Mask::kInput, Mask::kOutput}) {
    const Gradient<T> gradient{grad.data(),  mask == Mask::kInput ? nullptr : addend.data(),
                               mask,         x.data(),
                               out.data(),   scale.data(),
                               shift.data(), mean.data()};
    std::vector<T> masked(count);
    std::vector<Value> sum(kSize.channels);
    kernels.gradient_sums(gradient, kSize, masked.data(), sum.data(), other.data());
    keep(masked);
    keep(sum);
    keep(other);
    kernels.gradient_apply(gradient, sum.data(), other.data(), kSize, masked.data());
    keep(masked);
  }
  return bytes;
}

template <typename T>
class NormKernelsTest : public testing::Test {};
using ElementTypes = testing::Types<float, double, Bfloat16>;
TYPED_TEST_SUITE(NormKernelsTest, ElementTypes);

// Whoever runs this on a lesser processor compares what it has.
TYPED_TEST(NormKernelsTest, EveryInstructionSetGivesTheSameBits) {
  const auto expected = results(norm_kernels_baseline().of<TypeParam>());
  ASSERT_GT(expected.size(), 10 * kSize.rows * kSize.channels);
  if (__builtin_cpu_supports("avx2")) {
    EXPECT_EQ(results(norm_kernels_avx2().of<TypeParam>()), expected);
  }
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    EXPECT_EQ(results(norm_kernels_avx512().of<TypeParam>()), expected);
  }
}

}  // namespace
}  // namespace dplaunch::cpu_kernels
