#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dplaunch {

/// Whether a value of that name is hardly meant to be read by others: "--api-token", "HF_TOKEN",
/// "db.password", "apiKey". Not "--max-tokens", "--tokenizer", or what only names a file:
/// "--token-file".
bool names_secret(std::string_view name);

/// A command line for records and screens: the value of each option or assignment whose name
/// names_secret() is "***", be it "--name value", "--name=value" or "NAME=value", also within a
/// shell's command line behind -c.
std::vector<std::string> without_secrets(const std::vector<std::string>& words);

}  // namespace dplaunch
