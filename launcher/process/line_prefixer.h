#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace dplaunch {

/// Cuts a stream of bytes into lines and puts a prefix before each. A line that is longer than
/// `kMaxLineBytes` is cut between two characters, and "[...]" marks both sides of the cut.
class LinePrefixer {
 public:
  static constexpr std::size_t kMaxLineBytes = 1 << 20;

  /// What becomes of a line on which carriage returns begin anew: a progress bar.
  enum class Bars {
    kPassed,  ///< each state is a line, ended by its carriage return
    kNewest,  ///< the line's newest state is the line
  };

  /// An empty prefix passes everything through at once, as it is.
  explicit LinePrefixer(std::string prefix) : prefix_(std::move(prefix)) {}

  bool has_prefix() const { return !prefix_.empty(); }

  /// The lines that `bytes` completes, ready to be shown.
  std::string add(std::string_view bytes, Bars bars = Bars::kPassed);

  /// What has come of the line that is not whole yet and was not shown: to be shown now, because
  /// nothing more comes. The rest of the line will go on behind it.
  std::string idle();
  /// Another has written behind what idle() gave: the rest of the line gets a prefix.
  void break_off() { is_open_ = false; }
  bool has_partial() const { return !partial_.empty(); }

  /// With Bars::kNewest: the line that is not whole yet has begun anew.
  bool is_bar() const { return is_bar_; }
  /// The newest state of the line that is not whole yet, with the prefix; empty if there is none.
  std::string bar() const;

  /// What is left without a line end; a line end is added.
  std::string finish();

 private:
  void put(std::string& lines, std::string_view piece);
  void cut(std::string& lines, std::string_view& rest);
  void prune();

  std::string prefix_;
  std::string partial_;
  std::size_t searched_bytes_ = 0;  ///< of `partial_`, in which no line ends
  bool is_open_ = false;            ///< the beginning of the line was shown
  bool is_cut_ = false;             ///< and ended
  bool is_bar_ = false;
  bool had_return_ = false;  ///< idle() gave a carriage return, whose line feed may come
};

}  // namespace dplaunch
