#include "launcher/process/start_error.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/files/read_file.h"
#include "base/process/find_program.h"
#include "base/process/shortage.h"
#include "base/text/printable.h"
#include "base/text/shell_word.h"

namespace dplaunch {
namespace {

/// What the kernel looks at to decide how a file is run.
std::string beginning_of(const std::string& path) {
  constexpr std::size_t kBytes = 256;  // of a first line the kernel takes no more
  std::string bytes(kBytes, '\0');
  try {
    const UniqueFd file = open_to_read(path);
    bytes.resize(read_at(file.get(), 0, bytes.data(), kBytes, path));
    return bytes;
  } catch (const Error&) {
    return {};  // a FIFO, perhaps, which would be waited for
  }
}

bool is_elf(const std::string& beginning) {
  return beginning.starts_with(
      "\x7f"
      "ELF");
}

std::string with_interpreter(const std::string& path) {
  const char* interpreter = path.ends_with(".py") ? "python3" : path.ends_with(".sh") ? "bash" : "";
  if (*interpreter == '\0') return "put its interpreter before it";
  return fmt::format("start it with its interpreter: -- {} {}", interpreter, shell_word(path));
}

/// "/usr/bin/env" of "#!/usr/bin/env python3"; empty if the file does not begin so.
std::string interpreter_of(const std::string& beginning) {
  if (!beginning.starts_with("#!")) return {};
  const std::string line = beginning.substr(2, beginning.find('\n') - 2);
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return line.substr(first, line.find_first_of(" \t", first) - first);
}

/// The file is there, and what it needs is not.
std::string missing_interpreter_hint(const std::string& path, const std::string& beginning) {
  const std::string interpreter = interpreter_of(beginning);
  if (interpreter.ends_with('\r')) {
    return fmt::format(
        "its lines end as on Windows, so its interpreter is looked for under a name with a "
        "carriage return: sed -i 's/\\r$//' {}",
        shell_word(path));
  }
  if (!interpreter.empty()) {
    return fmt::format("its first line names {}, which is not there: mend it, or {}",
                       printable(interpreter), with_interpreter(path));
  }
  return "the dynamic loader that it was built for is not on this machine: it is of another system";
}

std::string unknown_format_hint(const std::string& path, const std::string& beginning) {
  if (beginning.empty()) return "the file is empty";
  if (is_elf(beginning)) return "it was built for another kind of processor than this machine's";
  return "no first line (#!/usr/bin/env python3) says what runs it: " + with_interpreter(path);
}

std::string no_access_hint(const std::string& path, const std::string& beginning) {
  if (!is_executable(path)) return "make it executable (chmod +x), or " + with_interpreter(path);
  const std::string interpreter = interpreter_of(beginning);
  if (!interpreter.empty() && !is_executable(interpreter)) {
    return fmt::format("its first line names {}, which may not be executed",
                       printable(interpreter));
  }
  return "the file system that it is on may not run programs (mount -o noexec): copy it elsewhere, "
         "or " +
         with_interpreter(path);
}

std::string too_long_hint() {
  return fmt::format(
      "its arguments and the environment are too long together (getconf ARG_MAX: {} KiB; one word "
      "128 KiB): hand them over in a file",
      ::sysconf(_SC_ARG_MAX) / 1024);
}

}  // namespace

Error start_error(const std::string& executable, int error_number) {
  const std::string what = "cannot run " + executable;
  if (const std::string hint = shortage_hint(error_number); !hint.empty()) {
    return system_error(ExitCode::kFailure, what, error_number, hint);
  }
  struct stat status {};
  const bool is_there = ::stat(executable.c_str(), &status) == 0;
  if (!is_there && (error_number == ENOENT || error_number == ENOTDIR)) {
    return system_error(ExitCode::kNotFound, what, error_number, "check the path, or build it");
  }
  const std::string beginning = beginning_of(executable);
  std::string hint;
  switch (error_number) {
    case ENOENT:
      hint = missing_interpreter_hint(executable, beginning);
      break;
    case ENOEXEC:
      hint = unknown_format_hint(executable, beginning);
      break;
    case EACCES:
      hint = no_access_hint(executable, beginning);
      break;
    case E2BIG:
      hint = too_long_hint();
      break;
    case ETXTBSY:
      hint = "somebody is still writing it: wait for the end of its build or copy";
      break;
    case EISDIR:
      hint = "it is a folder: name the program in it";
      break;
    default:
      break;
  }
  return system_error(ExitCode::kNotExecutable, what, error_number, hint);
}

}  // namespace dplaunch
