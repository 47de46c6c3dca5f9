#include "launcher/page/page.h"

#include <fmt/core.h>

#include <array>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/read_file.h"
#include "base/text/words.h"
#include "launcher/page/chart_drawing.h"
#include "launcher/page/figure.h"
#include "launcher/page/html_table.h"
#include "launcher/page/page_text.h"
#include "launcher/page/style_sheet.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMaxChartBytes = 24'000;
constexpr std::size_t kMaxLinesBytes = 4'000;
// What is around the blocks: style, symbols, title and the rest.
constexpr std::size_t kFrameBytes = 15'000;

// With less and less of it, until a chart fits.
constexpr std::array kDetails = {ChartDetail{400, true, true},   ChartDetail{400, true, false},
                                 ChartDetail{400, false, false}, ChartDetail{200, false, false},
                                 ChartDetail{100, false, false}, ChartDetail{50, false, false},
                                 ChartDetail{20, false, false}};

template <typename Chart>
DrawnChart fitted(const Chart& chart) {
  DrawnChart drawn;
  for (const ChartDetail& detail : kDetails) {
    drawn = draw(chart, detail);
    if (drawn.bytes() <= kMaxChartBytes) break;
  }
  return drawn;
}

std::pair<const char*, const char*> words_of(NoticeTone tone) {
  switch (tone) {
    case NoticeTone::kGood:
      return {"good", "Good:"};
    case NoticeTone::kNote:
      return {"note", "Note:"};
    case NoticeTone::kWarning:
      return {"warning", "Warning:"};
    case NoticeTone::kProblem:
      return {"problem", "Problem:"};
  }
  return {};
}

std::string notice_html(NoticeTone tone, std::string_view text) {
  const auto [kind, word] = words_of(tone);
  constexpr std::size_t kMaxBytes = 1000;
  return fmt::format("<p class=\"notice {}\"><b>{}</b> {}</p>\n", kind, word,
                     page_text(text, kMaxBytes));
}

constexpr std::string_view kGenerator = "<meta name=\"generator\" content=\"dplaunch\"/>";

std::string read_beginning(const std::filesystem::path& path) {
  constexpr std::size_t kBytes = 1000;
  std::string beginning(kBytes, '\0');
  const UniqueFd file = open_to_read(path);
  beginning.resize(read_at(file.get(), 0, beginning.data(), beginning.size(), path));
  return beginning;
}

constexpr std::string_view kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; img-src data:\"/>\n<link rel=\"icon\" href=\"data:,\"/>\n";

}  // namespace

Page::Page(std::string title, std::string subtitle, std::string made_by)
    : title_(std::move(title)), subtitle_(std::move(subtitle)), made_by_(std::move(made_by)) {}

bool Page::has_room(std::size_t bytes) {
  if (bytes_ + bytes <= kMaxPageBytes - kFrameBytes) {
    bytes_ += bytes;
    return true;
  }
  ++left_out_;
  return false;
}

void Page::add_block(const std::string& block) {
  if (!has_room(block.size())) return;
  if (is_in_charts_) body_ += "</div>\n";
  is_in_charts_ = false;
  body_ += block;
}

void Page::add_section(std::string_view heading) {
  add_block("<h2>" + page_text(heading) + "</h2>\n");
}

void Page::add_text(std::string_view text) {
  constexpr std::size_t kMaxBytes = 2000;
  add_block("<p>" + page_text(text, kMaxBytes) + "</p>\n");
}

void Page::add_notice(NoticeTone tone, std::string_view text) {
  add_block(notice_html(tone, text));
}

void Page::add_lines(std::string_view lines) {
  add_block("<pre>" + page_lines(lines, kMaxLinesBytes) + "</pre>\n");
}

void Page::add_tiles(const std::vector<PageTile>& tiles) {
  std::string html = "<dl class=\"tiles\">";
  for (const PageTile& tile : tiles) {
    html += "<div><dt>" + page_text(tile.label) + "</dt><dd>" + page_text(tile.value, 60) + "</dd>";
    if (!tile.note.empty()) html += "<dd class=\"note\">" + page_text(tile.note) + "</dd>";
    html += "</div>";
  }
  add_block(html + "</dl>\n");
}

void Page::add_table(const PageTable& table) {
  add_block(html_table(table.head, table.rows, table.is_number, table.caption) + "\n");
}

void Page::add_chart(const LineChart& chart) {
  add_drawn(fitted(chart));
}

void Page::add_chart(const StackedBars& chart) {
  add_drawn(fitted(chart));
}

void Page::add_drawn(DrawnChart drawn) {
  if (!has_room(drawn.bytes() + 1)) return;
  if (!is_in_charts_) body_ += "<div class=\"charts\">\n";
  is_in_charts_ = true;
  body_ += drawn.figure;
  charts_.push_back(std::move(drawn.data));
}

void Page::add_data(const std::string& key, Json value) {
  if (has_room(key.size() + script_json(value).size() + 4)) data_[key] = std::move(value);
}

std::string Page::html() const {
  std::string html(kHead);
  html += std::string(kGenerator) + "\n<title>" + page_text(title_) + "</title>\n<style>" +
          std::string(style_sheet()) + "</style>\n</head>\n<body>\n" +
          std::string(chart_symbols()) + "<main>\n<header><h1>" + page_text(title_) + "</h1>";
  if (!subtitle_.empty()) html += "<p>" + page_text(subtitle_) + "</p>";
  html += "</header>\n" + body_;
  if (is_in_charts_) html += "</div>\n";
  if (left_out_ > 0) {
    html += notice_html(NoticeTone::kWarning,
                        fmt::format("the page is full: {} left out",
                                    counted(static_cast<std::int64_t>(left_out_), "part")));
  }
  Json data = {{"charts", charts_}};
  data.update(data_);
  return html + "<footer>" + page_text(made_by_) +
         "</footer>\n</main>\n<script type=\"application/json\" id=\"dplaunch-data\">" +
         script_json(data) + "</script>\n</body>\n</html>\n";
}

void write_page(const std::filesystem::path& path, const Page& page) {
  std::error_code error;
  if (std::filesystem::exists(path, error) &&
      read_beginning(path).find(kGenerator) == std::string::npos) {
    throw Error(ExitCode::kStorage,
                path.string() + ": is there and is no page of dplaunch; it is left as it is",
                "choose another name with --out");
  }
  write_file_atomically(path, page.html());
}

}  // namespace dplaunch
