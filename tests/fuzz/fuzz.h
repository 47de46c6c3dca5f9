#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/files/temporary_folder.h"

/// What libFuzzer, or replay.cpp, calls with each input. It returns 0, and ends the process when a
/// property does not hold (https://llvm.org/docs/LibFuzzer.html#fuzz-target).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace dplaunch::fuzz {

inline void expect(bool holds, const std::string& property) {
  if (holds) return;
  std::cerr << "property does not hold: " << property << std::endl;
  std::abort();
}

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Calls `action` with each line of the text.
template <typename Action>
void for_each_line(std::string_view text, Action&& action) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    action(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

/// Whether the action takes its input. It may refuse it by an Error of that code and by nothing
/// else.
template <typename Action>
bool accepts(ExitCode code, Action&& action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    expect(error.code() == code, std::string("the exit code of \"") + error.what() + "\"");
    expect(*error.what() != '\0', "an error has a message");
    return false;
  }
}

/// A folder for what can only be read from a file, removed at the end of the process.
inline const std::filesystem::path& scratch_folder() {
  static const TemporaryFolder folder("dplaunch-fuzz");
  return folder.path();
}

inline void write(const std::filesystem::path& file, std::string_view content) {
  std::ofstream(file, std::ios::binary) << content;
}

}  // namespace dplaunch::fuzz
