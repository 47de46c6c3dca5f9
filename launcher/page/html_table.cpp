#include "launcher/page/html_table.h"

#include <fmt/core.h>

#include "base/text/words.h"
#include "launcher/page/page_text.h"

namespace dplaunch {
namespace {

std::string row_html(const std::vector<std::string>& cells, const std::vector<bool>& is_number,
                     bool is_head) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    // What a row is of stands first in it.
    const char* element = is_head || i == 0 ? "th" : "td";
    const char* scope = is_head ? " scope=\"col\"" : i == 0 ? " scope=\"row\"" : "";
    const char* kind = i < is_number.size() && is_number[i] ? " class=\"n\"" : "";
    html += fmt::format("<{}{}{}>{}</{}>", element, scope, kind, page_text(cells[i]), element);
  }
  return html + "</tr>";
}

}  // namespace

std::string html_table(const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows,
                       const std::vector<bool>& is_number, const std::string& caption) {
  std::string html;
  if (!caption.empty()) html = "<p class=\"caption\">" + page_text(caption) + "</p>";
  html += "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"" +
          page_text(caption.empty() ? "table" : caption) + "\"><table>";
  if (!head.empty()) html += "<thead>" + row_html(head, is_number, true) + "</thead>";
  html += "<tbody>";
  std::size_t shown = 0;
  for (const std::vector<std::string>& cells : rows) {
    const std::string row = row_html(cells, is_number, false);
    if (html.size() + row.size() > kMaxTableBytes) break;
    html += row;
    ++shown;
  }
  html += "</tbody></table></div>";
  if (shown < rows.size()) {
    html += fmt::format("<p class=\"more\">and {}</p>",
                        counted(static_cast<std::int64_t>(rows.size() - shown), "more row"));
  }
  return html;
}

}  // namespace dplaunch
