#include "launcher/commands/export/narrow.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace dplaunch {
namespace {

constexpr std::uint16_t kQuietNan = 0x7FC0;

/// bf16 is the upper half of fp32. Adding just under half of the lower half's range, or exactly
/// half if the upper half is odd, carries into the upper half where it must be rounded up.
std::uint16_t to_bf16(float value) {
  if (std::isnan(value)) return kQuietNan;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t is_odd = (bits >> 16) & 1;
  return static_cast<std::uint16_t>((bits + 0x7FFF + is_odd) >> 16);
}

}  // namespace

std::vector<std::uint16_t> narrow_to_bf16(const void* values, std::size_t count) {
  std::vector<float> wide(count);
  std::memcpy(wide.data(), values, count * sizeof(float));
  std::vector<std::uint16_t> narrow;
  narrow.reserve(count);
  for (const float value : wide) narrow.push_back(to_bf16(value));
  return narrow;
}

}  // namespace dplaunch
