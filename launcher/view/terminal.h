#pragma once

namespace dplaunch {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
  bool operator==(const TerminalSize&) const = default;
};

/// What the terminal behind `fd` says it is now; 80 x 24 if it does not know.
TerminalSize terminal_size(int fd);

/// Lines can be erased and drawn again on `fd`: it is a terminal, and TERM is neither unset nor
/// "dumb".
bool can_redraw(int fd);

/// Whether this process may draw there: false while it runs in the background of its terminal.
bool is_in_foreground(int fd);

/// How text may look.
struct TextStyle {
  bool colour = false;
  bool utf8 = false;
};

/// Colour only on a terminal and without NO_COLOR (https://no-color.org); UTF-8 as the locale's
/// variables say.
TextStyle text_style(int fd);

}  // namespace dplaunch
