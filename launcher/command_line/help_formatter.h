#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace dplaunch {

/// CLI11's help with a plainer first line and nothing between the groups.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(24); }

  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override;
};

}  // namespace dplaunch
