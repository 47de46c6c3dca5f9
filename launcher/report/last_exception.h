#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dplaunch {

/// The exception that a program printed last: Python's at the end of a traceback, or the what() of
/// one that nobody caught in C++.
struct LastException {
  std::string text;   ///< "ValueError: bad label 123", and the next lines of a longer message
  std::string place;  ///< its innermost frame: `File "a.py", line 6, in main`; may be empty
  std::vector<std::string> after;  ///< what was printed after it, without blank lines

  /// Nothing but warnings was printed after it: it is what ended the program.
  bool is_end() const;
};

/// Looks for it in what a program printed, or in the end of that. Those of threads, of destructors
/// and of exit handlers are passed over: they end no program.
std::optional<LastException> last_exception(std::string_view words);

/// What a program printed of what ended it: the last exception with those that led to it, from the
/// first traceback of the chain on. All of `words` if none is its end: an earlier line may tell of
/// anything that it got over, such as a connection that was lost.
std::string words_of_end(std::string_view words);

/// The last line that is not blank; empty if there is none.
std::string last_line(std::string_view words);

/// Whether the line only warns.
bool is_warning(const std::string& line);

}  // namespace dplaunch
