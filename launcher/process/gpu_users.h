#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// Who holds memory of the GPU at this moment, "process 4711 (anna: python train.py): 8.0 GiB".
std::vector<std::string> gpu_users(const std::string& uuid);

}  // namespace dplaunch
