#include "base/process/find_program.h"

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text/shell_word.h"
#include "base/text/words.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

Error not_executable(const std::string& path) {
  const bool is_python = path.ends_with(".py");
  return Error(ExitCode::kNotExecutable, path + ": not an executable program",
               is_python ? "start it with its interpreter: -- python " + shell_word(path)
                         : "make it executable (chmod +x), or put its interpreter before it");
}

}  // namespace

bool is_executable(const fs::path& path) {
  return is_file(path) && ::access(path.c_str(), X_OK) == 0;
}

std::string find_program(const std::string& name, const std::optional<std::string>& search_path) {
  if (name.find('/') != std::string::npos) {
    if (is_executable(name)) return name;
    if (is_file(name)) throw not_executable(name);
    throw Error(ExitCode::kNotFound, name + ": no such program", "check the path behind \"--\"");
  }
  const std::string folders = search_path.value_or("/usr/local/bin:/usr/bin:/bin");
  for (const std::string& folder : split(folders, ':')) {
    // POSIX: an empty entry of PATH is the working directory.
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
    if (is_executable(candidate)) return candidate.string();
  }
  if (is_file(name)) {
    if (name.ends_with(".py")) throw not_executable(name);
    throw Error(ExitCode::kNotFound, name + ": not a program in PATH",
                "for the file in this folder write ./" + name);
  }
  throw Error(ExitCode::kNotFound, name + ": no such program in PATH",
              "check its name behind \"--\", or give its path");
}

}  // namespace dplaunch
