#pragma once

#include <string_view>

namespace dplaunch {

/// Whether a message of LibTorch, CUDA, cuDNN, cuBLAS or NCCL says that memory was not to be had.
/// cuDNN says so in other words too: where no engine gets its workspace, it found none.
bool says_out_of_memory(std::string_view message);

}  // namespace dplaunch
