#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// What a command's runs are called after: its script or module, whatever starts it. "python3
/// train.py" -> "train", "python -m pkg.train" -> "train", "env A=1 bash x.sh" -> "x", "accelerate
/// launch --num_processes 2 train.py" -> "train", "python -c ..." -> "python". `command` is not
/// empty.
std::string run_stem(const std::vector<std::string>& command);

}  // namespace dplaunch
