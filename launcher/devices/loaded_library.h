#pragma once

#include <dlfcn.h>

#include <memory>
#include <string>
#include <vector>

namespace dplaunch {

/// A driver's library, loaded at run time if it is there; unloaded at the end of its life.
class LoadedLibrary {
 public:
  /// Loads the first of `files` that can be loaded. `maker` is for messages: "NVIDIA's driver
  /// library".
  LoadedLibrary(const std::vector<std::string>& files, const std::string& maker);

  /// One of the files is there, whether it can be loaded or not.
  bool is_there() const { return is_there_; }
  /// Why none is loaded; empty if one is.
  const std::string& problem() const { return problem_; }
  /// The one that is loaded.
  const std::string& file() const { return file_; }

  /// Sets `function` to nullptr where the library lacks it. Only without a problem().
  template <typename Function>
  bool find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(::dlsym(library_.get(), name));
    return function != nullptr;
  }
  /// The same for one that cannot be done without; it becomes a problem() where it is missing.
  template <typename Function>
  void require(const char* name, Function& function) {
    if (!find(name, function) && problem_.empty()) problem_ = file_ + " has no function " + name;
  }

 private:
  struct Close {
    void operator()(void* library) const;
  };

  std::unique_ptr<void, Close> library_;
  std::string file_;
  std::string problem_;
  bool is_there_ = false;
};

}  // namespace dplaunch
