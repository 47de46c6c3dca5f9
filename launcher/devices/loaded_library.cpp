#include "launcher/devices/loaded_library.h"

#include <fmt/core.h>

namespace dplaunch {
namespace {

/// The loader's message for a file that is nowhere, in contrast to one that it cannot load; for
/// want of another library, say, whose name is then the first.
bool says_missing(const std::string& loader_message, const std::string& file) {
  return loader_message.starts_with(file) &&
         loader_message.find("No such file or directory") != std::string::npos;
}

}  // namespace

void LoadedLibrary::Close::operator()(void* library) const {
  ::dlclose(library);
}

LoadedLibrary::LoadedLibrary(const std::vector<std::string>& files, const std::string& maker) {
  for (const std::string& file : files) {
    library_.reset(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (library_) {
      is_there_ = true;
      file_ = file;
      problem_.clear();
      return;
    }
    const std::string why = ::dlerror();
    const bool is_missing = says_missing(why, file);
    if (!problem_.empty() && (is_missing || is_there_)) continue;
    is_there_ = !is_missing;
    problem_ = fmt::format("{} ({}) cannot be loaded: {}", file, maker, why);
  }
}

}  // namespace dplaunch
