#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dplaunch {

/// What a terminal shows after some bytes: enough of one for ASCII text, '\r', '\n', and the escape
/// sequences that erase, move up and colour. Lines that scroll out are kept above.
class TerminalModel {
 public:
  TerminalModel(int columns, int rows);

  void feed(std::string_view bytes);

  /// From the first line ever written to the last that is not empty, without trailing spaces.
  std::vector<std::string> lines() const;
  /// Whether a line was too long for the terminal.
  bool has_wrapped() const { return has_wrapped_; }

 private:
  std::string_view take_escape(std::string_view bytes);
  void put(char c);
  void new_line();

  std::size_t columns_;
  std::size_t rows_;
  std::vector<std::string> lines_{""};
  std::size_t top_ = 0;  ///< the screen's first line
  std::size_t row_ = 0;  ///< of the cursor, in lines_
  std::size_t column_ = 0;
  bool has_wrapped_ = false;
  std::string unfinished_;  ///< an escape sequence of which the end is missing
};

}  // namespace dplaunch
