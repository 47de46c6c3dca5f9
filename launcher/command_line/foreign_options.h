#pragma once

#include <string>

namespace dplaunch {

/// Throws Error(kUsage) if `name` ("--rdzv-endpoint", "-r") is an option of torchrun, mpirun or
/// another launcher that means nothing here, saying what takes its place. Otherwise returns.
void refuse_foreign_option(const std::string& name);

}  // namespace dplaunch
