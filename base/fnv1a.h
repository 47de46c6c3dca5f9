#pragma once

#include <cstddef>
#include <cstdint>

namespace dplaunch {

/// What fnv1a() goes on from at the first byte.
inline constexpr std::uint64_t kFnv1aBasis = 0xCBF29CE484222325;

/// FNV-1a 64 (http://www.isthe.com/chongo/tech/comp/fnv/) of the bytes before, which `hash` is of,
/// and of these.
inline std::uint64_t fnv1a(const void* data, std::size_t size_bytes,
                           std::uint64_t hash = kFnv1aBasis) {
  constexpr std::uint64_t kPrime = 0x100000001B3;
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < size_bytes; ++i) hash = (hash ^ bytes[i]) * kPrime;
  return hash;
}

}  // namespace dplaunch
