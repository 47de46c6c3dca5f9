#pragma once

#include <string>
#include <vector>

namespace dplaunch {

/// A table as HTML; `is_number` by column, as in PageTable. Rows behind those that fit into
/// kMaxTableBytes are counted in a last line. A table that is wider than its place moves in it.
std::string html_table(const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows,
                       const std::vector<bool>& is_number, const std::string& caption = {});

inline constexpr std::size_t kMaxTableBytes = 24'000;

}  // namespace dplaunch
