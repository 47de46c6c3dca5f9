#pragma once

#include <CLI/CLI.hpp>

#include "launcher/data/fetch_data.h"

namespace dplaunch {

/// Declares `dplaunch data`.
CLI::App* add_data_command(CLI::App& app, DataOptions& data);

}  // namespace dplaunch
