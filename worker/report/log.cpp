#include "worker/report/log.h"

#include <cstdio>

namespace dplaunch {
namespace {

void write_line(std::FILE* file, const std::string& line) {
  const std::string whole = line + "\n";
  std::fwrite(whole.data(), 1, whole.size(), file);
  std::fflush(file);
}

}  // namespace

void log_line(const std::string& line) {
  write_line(stdout, line);
}

void warn_line(const std::string& line) {
  write_line(stderr, "warning: " + line);
}

}  // namespace dplaunch
