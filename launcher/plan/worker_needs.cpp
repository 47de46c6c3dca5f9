#include "launcher/plan/worker_needs.h"

#include <fmt/core.h>

#include <cstddef>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/files/read_file.h"
#include "base/text/printable.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = 64 << 10;

/// "2.11.0+cu130", as torch/version.py assigns it; empty without a torch.
std::string version_of_torch(const fs::path& site_packages) {
  const std::string text =
      read_file(site_packages / "torch" / "version.py", kMaxBytes).value_or("");
  const std::string name = "\n__version__ = ";
  const std::size_t at = ("\n" + text).find(name);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size();  // behind the quotation mark
  return text.substr(begin, text.find_first_of("'\"\n", begin) - begin);
}

}  // namespace

MissingNeed missing_need(const fs::path& worker) {
  const std::optional<std::string> text = read_file(worker.string() + ".needs", kMaxBytes);
  if (!text) return {};
  std::istringstream needs(*text);
  std::string name;
  std::string release;
  needs >> name >> release;
  const fs::path site_packages = worker.parent_path().parent_path().parent_path();
  const std::string who = fmt::format("{} needs {} {}", printable(worker.filename().string()),
                                      printable(name), printable(release));
  const std::string where = printable(site_packages.string());
  const std::string install = fmt::format("pip install '{0}=={1}.*'", name, release);
  const std::string version = version_of_torch(site_packages);
  if (version.empty()) {
    return {fmt::format("{}, and there is none in {}", who, where),
            install + "; one elsewhere is not found"};
  }
  if (!version.starts_with(release + ".")) {
    return {fmt::format("{}, and the one in {} is torch {}", who, where, printable(version)),
            install + ", in an environment of its own if something else needs the other"};
  }
  for (std::string file; needs >> file;) {
    std::error_code error;
    if (fs::exists(site_packages / file, error)) continue;
    return {fmt::format("{} with {}, which the torch {} in {} does not bring", who, printable(file),
                        printable(version), where),
            install +
                " from PyPI (other indices have it for another CUDA, or for the CPU alone); "
                "or train on the CPU: --device cpu"};
  }
  return {};
}

}  // namespace dplaunch
