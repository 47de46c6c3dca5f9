#pragma once

#include <filesystem>
#include <string>

namespace dplaunch {

/// metrics.jsonl as CSV (RFC 4180, lines end with a line feed): a header of all figures in the
/// order of their first appearance, and a line an epoch. What an epoch does not have is empty.
/// Throws Error(kFailure) if no epoch is done.
std::string metrics_csv(const std::filesystem::path& metrics);

}  // namespace dplaunch
