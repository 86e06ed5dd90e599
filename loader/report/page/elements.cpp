#include "loader/report/page/elements.h"

#include "loader/report/page/html.h"
#include "loader/report/words.h"

namespace dw::load {

std::string time_element(Micros time) {
  return "<time datetime=\"" + format_time(time) + "\">" + second_text(time) + "</time>";
}

std::string name_element(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += escaped(std::string_view(&c, 1));
    if (c == '.' || c == '_') out += "<wbr>";
  }
  return out;
}

std::string cell(const std::string& content) {
  return "<td>" + content + "</td>";
}

std::string word_cell(const std::string& content) {
  return "<td class=\"word\">" + content + "</td>";
}

std::string table(const std::string& caption, const std::vector<std::string>& columns,
                  const std::string& rows, TableHeight height) {
  std::string out = std::string("<div class=\"scroll") + (height == TableHeight::tall ? " tall" : "") +
                    "\" tabindex=\"0\" role=\"region\" aria-label=\"" + escaped(caption) +
                    "\"><table><caption>" + escaped(caption) + "</caption><thead><tr>";
  for (const std::string& column : columns) out += "<th scope=\"col\">" + escaped(column) + "</th>";
  return out + "</tr></thead><tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string details(const std::string& summary, const std::string& content) {
  return "<details><summary>" + escaped(summary) + "</summary>\n" + content + "</details>\n";
}

std::string legend(const std::vector<std::string>& names) {
  std::string out = "<ul class=\"legend\">";
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += "<li><svg aria-hidden=\"true\" viewBox=\"0 0 1 1\"><path class=\"s" + std::to_string(i) +
           "\" d=\"M0 0h1v1h-1z\"/></svg>" + names[i] + "</li>";
  }
  return out + "</ul>\n";
}

std::string tile(const std::string& term, const std::string& value, const std::string& more) {
  return "<div><dt>" + escaped(term) + "</dt><dd>" + value +
         (more.empty() ? "" : "<small>" + more + "</small>") + "</dd></div>\n";
}

}  // namespace dw::load
