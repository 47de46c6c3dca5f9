#pragma once

#include <termios.h>

#include <chrono>
#include <optional>
#include <string>

namespace dplaunch {

/// What a person wants.
enum class Key {
  kNone,
  kUp,
  kDown,
  kLeft,
  kRight,
  kLog,
  kStacks,
  kStop,
  kYes,
  kBack,
  kResumed,
  kOther
};

/// Takes the keys of a terminal one by one, without showing them: Ctrl-C and Ctrl-Z are keys too,
/// so that the terminal is never left without its echo. Where `fd` is no terminal, or this process
/// is in its background, there are no keys. The destructor leaves the terminal as it was. For one
/// thread.
class KeyInput {
 public:
  explicit KeyInput(int fd);
  ~KeyInput();
  KeyInput(const KeyInput&) = delete;
  KeyInput& operator=(const KeyInput&) = delete;

  bool has_keys() const { return before_.has_value(); }

  /// Waits for a key at most that long; kNone if none came. Ctrl-Z suspends this process, and is
  /// kResumed when it goes on.
  Key next(std::chrono::milliseconds time);

 private:
  void take_terminal();
  void give_back();
  Key suspend();
  Key take_typed();

  int fd_;
  std::string typed_;              ///< and not taken yet
  std::optional<termios> before_;  ///< nullopt: there are no keys
};

}  // namespace dplaunch
