#include "launcher/commands/top/key_input.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "launcher/view/terminal.h"

namespace dplaunch {
namespace {

constexpr char kCtrlC = '\x03';
constexpr char kCtrlZ = '\x1a';
constexpr char kEscape = '\x1b';

struct KeyOfByte {
  char byte;
  Key key;
};

// What comes last of an arrow's "ESC [ letter" or "ESC O letter".
constexpr std::array kArrows = {KeyOfByte{'A', Key::kUp}, KeyOfByte{'B', Key::kDown},
                                KeyOfByte{'C', Key::kRight}, KeyOfByte{'D', Key::kLeft}};
constexpr std::array kKeys = {
    KeyOfByte{'k', Key::kUp},     KeyOfByte{'j', Key::kDown},    KeyOfByte{'h', Key::kLeft},
    KeyOfByte{'\r', Key::kLog},   KeyOfByte{'\n', Key::kLog},    KeyOfByte{'l', Key::kLog},
    KeyOfByte{'t', Key::kStacks}, KeyOfByte{'s', Key::kStop},    KeyOfByte{'y', Key::kYes},
    KeyOfByte{'q', Key::kBack},   KeyOfByte{kCtrlC, Key::kBack}, KeyOfByte{kEscape, Key::kBack}};

Key key_of(char byte, std::span<const KeyOfByte> keys) {
  const auto found = std::ranges::find(keys, byte, &KeyOfByte::byte);
  return found == keys.end() ? Key::kOther : found->key;
}

}  // namespace

KeyInput::KeyInput(int fd) : fd_(fd) {
  take_terminal();
}

KeyInput::~KeyInput() {
  give_back();
}

void KeyInput::take_terminal() {
  termios settings{};
  // In the background the kernel would stop this process.
  if (::isatty(fd_) != 1 || !is_in_foreground(fd_) || ::tcgetattr(fd_, &settings) != 0) return;
  before_ = settings;
  settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  if (::tcsetattr(fd_, TCSANOW, &settings) != 0) before_.reset();
}

void KeyInput::give_back() {
  if (before_) ::tcsetattr(fd_, TCSANOW, &*before_);
  before_.reset();
}

Key KeyInput::suspend() {
  give_back();
  ::raise(SIGSTOP);
  take_terminal();
  return Key::kResumed;
}

/// The first of what was typed: a byte, or of an arrow "ESC [ letter" or "ESC O letter".
Key KeyInput::take_typed() {
  const bool is_sequence =
      typed_.size() >= 3 && typed_[0] == kEscape && (typed_[1] == '[' || typed_[1] == 'O');
  const std::string key = typed_.substr(0, is_sequence ? 3 : 1);
  typed_.erase(0, key.size());
  if (is_sequence) return key_of(key[2], kArrows);
  return key[0] == kCtrlZ ? suspend() : key_of(key[0], kKeys);
}

Key KeyInput::next(std::chrono::milliseconds time) {
  if (!typed_.empty()) return take_typed();
  pollfd key{has_keys() ? fd_ : -1, POLLIN, 0};
  if (::poll(&key, 1, static_cast<int>(time.count())) <= 0) return Key::kNone;
  std::array<char, 64> bytes{};
  const ssize_t count = ::read(fd_, bytes.data(), bytes.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return Key::kNone;
  if (count <= 0) {
    before_.reset();  // it was hung up
    return Key::kBack;
  }
  typed_.assign(bytes.data(), static_cast<std::size_t>(count));
  return take_typed();
}

}  // namespace dplaunch
