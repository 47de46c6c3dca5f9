#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dplaunch {

/// `count` fp32 values, not necessarily aligned, as bf16: rounded to the nearest, ties to even;
/// infinities stay, NaN is the quiet one. The same bits as torch.Tensor.to(torch.bfloat16).
std::vector<std::uint16_t> narrow_to_bf16(const void* values, std::size_t count);

}  // namespace dplaunch
