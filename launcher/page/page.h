#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/json_fields.h"
#include "launcher/page/chart.h"
#include "launcher/page/chart_drawing.h"

namespace dplaunch {

/// A figure that stands out: "final test top-1", "47.58%", "10000 images".
struct PageTile {
  std::string label;
  std::string value;
  std::string note = {};
};

struct PageTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows = {};
  /// By column: numbers stand at the right. Columns behind the last one are texts.
  std::vector<bool> is_number = {};
  std::string caption = {};
};

/// What a notice begins with, so that its colour need not be seen.
enum class NoticeTone { kGood, kNote, kWarning, kProblem };

/// What a page takes at most.
inline constexpr std::size_t kMaxPageBytes = 300'000;

/// One self-contained page of HTML: text, tables, and charts as SVG. It asks for nothing outside
/// itself, runs no script, follows the reader's light or dark theme, prints, and fits from 360
/// pixels on. Its markup is XML too. What the charts show stands, in full precision, as JSON in
/// `<script type="application/json" id="dplaunch-data">`: {"charts": [{"id", "kind", "title",
/// ...}], and what add_data() gave}.
///
/// Texts may hold anything: control characters and bytes that are no UTF-8 become "?", what is
/// longer than a reader reads is cut, with "..." at its end. Charts of very many points are thinned
/// out, and say so; what finds no room in kMaxPageBytes is left out, which the page's end says. Not
/// thread-safe.
class Page {
 public:
  /// `made_by` is the last line: program, version, time.
  Page(std::string title, std::string subtitle, std::string made_by);

  void add_section(std::string_view heading);
  void add_text(std::string_view text);
  void add_notice(NoticeTone tone, std::string_view text);
  /// Lines as they are, in a fixed-width font: a message, a log's end.
  void add_lines(std::string_view lines);
  void add_tiles(const std::vector<PageTile>& tiles);
  void add_table(const PageTable& table);
  /// Charts that follow one another stand side by side where there is room.
  void add_chart(const LineChart& chart);
  void add_chart(const StackedBars& chart);
  /// A member of the embedded JSON beside "charts", for programs.
  void add_data(const std::string& key, Json value);

  std::string html() const;

 private:
  bool has_room(std::size_t bytes);
  void add_block(const std::string& block);
  void add_drawn(DrawnChart drawn);

  std::string title_;
  std::string subtitle_;
  std::string made_by_;
  std::string body_;
  bool is_in_charts_ = false;
  std::size_t bytes_ = 0;     ///< of body and data
  std::size_t left_out_ = 0;  ///< parts for which there was no room
  Json charts_ = Json::array();
  Json data_ = Json::object();
};

/// Makes the file, or replaces it if it is such a page. Throws Error(kStorage), also for another
/// file in its place.
void write_page(const std::filesystem::path& path, const Page& page);

}  // namespace dplaunch
