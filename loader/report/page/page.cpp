#include "loader/report/page/page.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/util/clock.h"
#include "dw_version.h"
#include "loader/report/page/charts.h"
#include "loader/report/page/elements.h"
#include "loader/report/page/html.h"
#include "loader/report/page/style.h"
#include "loader/report/status_json.h"
#include "loader/report/verdict.h"
#include "loader/report/words.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr std::size_t kLeastDays = 14;  // a mirror's first days are bars, not a wall
constexpr Micros kMostDays = 365;
constexpr std::size_t kBarsShown = 15;

Micros day_number(const std::string& date) {
  return parse_time(date).value_or(0) / kDay;
}

class Page {
 public:
  Page(const StatusFacts& facts, const StatusHistory& history)
      : facts_(facts), history_(history), json_(status_json(facts)), last_day_(facts.now / kDay) {
    Micros first = last_day_ - static_cast<Micros>(kLeastDays) + 1;
    for (const DayFacts& day : facts.days) {
      if (day_number(day.date) > last_day_ - kMostDays) batch_days_.push_back(day);
    }
    if (!batch_days_.empty()) first = std::min(first, day_number(batch_days_.front().date));
    for (const auto* sizes : {&history.growth, &history.archives}) {
      for (const auto& [name, days] : *sizes) {
        if (!days.empty()) first = std::min(first, day_number(days.front().date));
      }
    }
    first_day_ = first;
    days_ = static_cast<std::size_t>(last_day_ - first_day_ + 1);
  }

  std::string make() {
    return head() + top() + "<main>\n" + now() + lag() + statements() + verification() + retained() +
           growth() + tables() + troubles() + "</main>\n" + foot();
  }

 private:
  // A number that `status --json` has at that pointer.
  [[nodiscard]] std::string number(const std::string& pointer) const {
    const json& value = json_.at(json::json_pointer(pointer));
    if (value.is_null()) return "<span class=\"soft\">–</span>";
    std::string text;
    if (value.is_number_float()) {
      std::array<char, 32> out{};
      std::snprintf(out.data(), out.size(), "%.1f", value.get<double>());
      text = out.data();
    } else {
      text = grouped(value.get<std::uint64_t>());
    }
    return "<span data-status=\"" + escaped(pointer) + "\">" + text + "</span>";
  }

  // The same of bytes: in a reader's unit, with the number itself beside it.
  [[nodiscard]] std::string size(const std::string& pointer) const {
    const json& value = json_.at(json::json_pointer(pointer));
    if (value.is_null()) return "–";
    return "<span data-status=\"" + escaped(pointer) + "\" data-value=\"" + value.dump() + "\">" +
           bytes_text(value.get<std::uint64_t>()) + "</span>";
  }

  [[nodiscard]] std::string head() const {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
           "'unsafe-inline'; "
           "img-src data:\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" "
           "content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">\n<title>" +
           escaped(word_of(facts_) + ": mirror of " + name()) + "</title>\n<style>" + kPageStyle +
           "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#tables\">To the tables</a>\n";
  }

  [[nodiscard]] std::string name() const {
    return facts_.source.empty() ? std::string("production") : facts_.source;
  }

  [[nodiscard]] std::string top() const {
    const std::vector<Trouble> reasons = reasons_of(facts_);
    std::string out = "<header><h1>Mirror of " + escaped(name()) + "</h1>\n<p class=\"verdict " +
                      (reasons.empty() ? "good" : "bad") + "\"><span aria-hidden=\"true\">" +
                      (reasons.empty() ? "✔" : "✖") + "</span> " + escaped(word_of(facts_)) +
                      " <span class=\"soft\">exit " + number("/exit_code") + "</span></p>\n";
    if (!reasons.empty()) {
      out += "<ul>";
      for (const Trouble& one : reasons) out += "<li>" + escaped(one.brief) + "</li>";
      out += "</ul>\n<p class=\"soft\"><code>dw-load status</code> says more, and what to do.</p>\n";
    }
    return out + "<p class=\"soft\">As of " + time_element(facts_.now) + "</p></header>\n";
  }

  // What scripts/mirror-media did, and when; nothing of its own words.
  [[nodiscard]] std::string media_tile() const {
    std::string more;
    const auto add = [&more](const std::string& text) { more += (more.empty() ? "" : ", ") + text; };
    const json& result = json_.at("media").at("result");
    for (const char* name : {"copied", "kept", "verified"}) {
      const auto found = result.find(name);
      if (result.is_object() && found != result.end() && found->is_number_unsigned())
        add(number(std::string("/media/result/") + name) + " " + name);
    }
    const auto at = result.is_object() ? result.find("at") : result.end();
    if (at != result.end() && at->is_string()) {
      if (const auto time = parse_time(at->get<std::string>())) add(time_element(*time));
    }
    return tile(
        "Media",
        facts_.media->good ? "<span class=\"good\">✔ well</span>" : "<span class=\"bad\">✖ not well</span>",
        more);
  }

  [[nodiscard]] std::string lag_tile() const {
    const auto lag = lag_of(facts_);
    if (!lag) return tile("Lag", number("/lag_seconds"));
    return tile("Lag", number("/lag_seconds") + " s",
                lag->since_last_good
                    ? "at most; production was last heard of at " + time_element(facts_.runs.last_good)
                    : "after the last run");
  }

  [[nodiscard]] std::string now() const {
    const auto clock = [](Micros time) {
      return "<time datetime=\"" + format_time(time) + "\">" + format_time(time).substr(11, 8) + "</time>";
    };
    const auto date = [](Micros time) { return format_time(time).substr(0, 10) + " UTC"; };
    std::string out = "<section aria-labelledby=\"now\"><h2 id=\"now\">Now</h2>\n<dl class=\"tiles\">\n";
    out += lag_tile();
    if (const auto& last = facts_.runs.last)
      out += tile("Last run ended", clock(last->at), date(last->at) + ", exit " + number("/run/exit_code"));
    if (const auto next = next_run(facts_))
      out += tile("Next run expected", clock(*next), facts_.working ? "one is at work" : date(*next));
    if (facts_.tables_to_copy > 0)
      out +=
          tile("First copy", number("/first_copy/copied"), "of " + number("/first_copy/tables") + " tables");
    out += tile("Statements received", number("/statements/received"));
    out += tile("Verified",
                verified_percent(total_verification(facts_)) ? number("/verification/percent") + " %"
                                                             : "<span class=\"soft\">nothing yet</span>",
                "within " + duration_text(facts_.rules.verify_round_seconds));
    out += tile("Rows that differ", number("/verification/differing"),
                number("/verification/found") + " found, " + number("/verification/repaired") + " mended");
    out += tile("Open suspects", number("/suspects/open"));
    out += tile("Retained rows", number("/retained_about"), "about");
    out += tile("Statements that failed", number("/failures"));
    out += tile("Held transactions", number("/held/transactions"));
    if (facts_.media) out += media_tile();
    return out + "</dl></section>\n";
  }

  [[nodiscard]] std::size_t index(const std::string& date) const {
    const Micros day = std::clamp(day_number(date), first_day_, last_day_);
    return static_cast<std::size_t>(day - first_day_);
  }

  [[nodiscard]] std::string scale() const {
    return "<div class=\"scale\"><span>" + format_time(first_day_ * kDay).substr(0, 10) + "</span><span>" +
           format_time(last_day_ * kDay).substr(0, 10) + "</span></div>\n";
  }

  [[nodiscard]] std::string lag() const {
    std::vector<Point> points;
    std::string rows;
    std::int64_t most = 0;
    for (const DayFacts& day : batch_days_) {
      points.push_back({index(day.date), static_cast<double>(day.most_lag)});
      most = std::max(most, day.most_lag);
      rows += "<tr><th scope=\"row\">" + day.date + "</th>" +
              cell(grouped(static_cast<std::uint64_t>(day.most_lag))) + "</tr>\n";
    }
    const std::string words = "Largest lag of each day, " + duration_text(most) + " at most";
    return "<section aria-labelledby=\"lag\"><h2 id=\"lag\">Lag</h2>\n<figure><figcaption class=\"soft\">" +
           words + " (from a batch's last statement to its end on the mirror)</figcaption>" +
           stacked_bars({points}, days_, words) + scale() + "</figure>\n" +
           details("Lag as numbers",
                   table("Largest lag by day", {"day", "seconds"}, rows, TableHeight::tall)) +
           "</section>\n";
  }

  [[nodiscard]] std::string statements() const {
    std::vector<std::vector<Point>> parts(kOutcomes);
    std::vector<std::string> columns{"day", "received"};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kOutcomes; ++i) {
      std::string words = kOutcomeNames[i];
      std::replace(words.begin(), words.end(), '_', ' ');
      columns.push_back(words);
      names.push_back(words + " " + number(std::string("/statements/") + kOutcomeNames[i]));
    }
    std::string rows;
    for (const DayFacts& day : batch_days_) {
      rows += "<tr><th scope=\"row\">" + day.date + "</th>" + cell(grouped(day.statements.received));
      for (std::size_t i = 0; i < kOutcomes; ++i) {
        const std::uint64_t count = day.statements.by_outcome[i];
        parts[i].push_back({index(day.date), static_cast<double>(count)});
        rows += cell(grouped(count));
      }
      rows += "</tr>\n";
    }
    const std::string words = "Statements of each day by outcome, " +
                              grouped(static_cast<std::uint64_t>(tallest(parts, days_))) + " at most";
    return "<section aria-labelledby=\"statements\"><h2 id=\"statements\">Statements by outcome</h2>\n"
           "<figure><figcaption class=\"soft\">" +
           words + "</figcaption>" + stacked_bars(parts, days_, words) + scale() + "</figure>\n" +
           legend(names) +
           details("Statements as numbers",
                   table("Statements by day and outcome", columns, rows, TableHeight::tall)) +
           "</section>\n";
  }

  [[nodiscard]] std::string verification() const {
    const Verification sum = total_verification(facts_);
    std::string out =
        "<section aria-labelledby=\"verification\"><h2 id=\"verification\">Verification and drift</h2>\n";
    if (sum.chunks == 0) return out + "<p>Nothing has been verified yet.</p></section>\n";
    out += "<p>" + number("/verification/verified_chunks") + " of " + number("/verification/chunks") +
           " chunks were compared with production and found or made equal within " +
           duration_text(facts_.rules.verify_round_seconds) + ". ";
    out += sum.oldest ? "The one that waits longest was verified at " + time_element(*sum.oldest) + ". "
                      : std::string("Some were never verified. ");
    out += "Ever, " + number("/verification/found") + " rows were found to differ and " +
           number("/verification/repaired") + " were mended; " + number("/verification/differing") +
           " differ now. Each table's share stands <a href=\"#tables\">below</a>.</p>\n";
    return out + "</section>\n";
  }

  [[nodiscard]] std::string retained() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < facts_.tables.size(); ++i) {
      if (facts_.tables[i].retained > 0) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
      return facts_.tables[left].retained > facts_.tables[right].retained;
    });
    std::string out =
        "<section aria-labelledby=\"retained\"><h2 id=\"retained\">Rows that production no longer has</h2>\n";
    if (order.empty()) return out + "<p>None yet.</p></section>\n";
    const auto most = static_cast<double>(facts_.tables[order[0]].retained);
    std::string rows;
    for (std::size_t i = 0; i < std::min(order.size(), kBarsShown); ++i) {
      const TableStatus& one = facts_.tables[order[i]];
      std::array<char, 16> width{};
      std::snprintf(width.data(), width.size(), "%.1f", static_cast<double>(one.retained) / most * 100);
      rows += "<tr><th scope=\"row\">" + name_element(one.schema + "." + one.table) + "</th>" +
              cell(number("/tables/" + std::to_string(order[i]) + "/retained_about")) +
              "<td class=\"word\" style=\"width: 50%\"><span class=\"bar\" style=\"width: " + width.data() +
              "%\"></span></td></tr>\n";
    }
    const std::string caption = order.size() > kBarsShown
                                    ? "The " + std::to_string(kBarsShown) + " tables with the most, of " +
                                          counted(order.size(), "table") + "; about"
                                    : std::string("Retained rows by table, about");
    return out + table(caption, {"table", "rows", "share"}, rows) + "</section>\n";
  }

  [[nodiscard]] std::vector<Point> points(const std::vector<DaySize>& days) const {
    std::vector<Point> out;
    for (const DaySize& day : days) {
      if (day_number(day.date) >= first_day_)
        out.push_back({index(day.date), static_cast<double>(day.bytes)});
    }
    return out;
  }

  // All tables together, by day.
  [[nodiscard]] std::vector<Point> sums(const std::map<std::string, std::vector<DaySize>>& sizes) const {
    std::vector<double> by_day(days_, 0);
    for (const auto& [name, days] : sizes) {
      for (const Point& point : points(days)) by_day[point.day] += point.value;
    }
    std::vector<Point> out;
    for (std::size_t day = 0; day < days_; ++day) {
      if (by_day[day] > 0) out.push_back({day, by_day[day]});
    }
    return out;
  }

  [[nodiscard]] std::string growth() const {
    const std::vector<Point> live = sums(history_.growth);
    const std::vector<Point> kept = sums(history_.archives);
    const auto last = [](const std::vector<Point>& all) {
      return bytes_text(all.empty() ? 0 : static_cast<std::uint64_t>(all.back().value));
    };
    const std::string words =
        "Size of all tables with their indexes, about: " + last(live) + " live, " + last(kept) + " archived";
    return "<section aria-labelledby=\"growth\"><h2 id=\"growth\">Growth</h2>\n<figure><figcaption "
           "class=\"soft\">" +
           words + "</figcaption>" + stacked_areas({live, kept}, days_, words) + scale() + "</figure>\n" +
           legend({"live", "archived"}) + details("Growth as numbers", growth_table(live, kept)) +
           "</section>\n";
  }

  // A row for each day that has a value of either.
  [[nodiscard]] std::string growth_table(const std::vector<Point>& live,
                                         const std::vector<Point>& kept) const {
    std::map<std::size_t, std::array<double, 2>> days;
    for (const Point& point : live) days[point.day][0] = point.value;
    for (const Point& point : kept) days[point.day][1] = point.value;
    std::string rows;
    for (const auto& [day, values] : days) {
      rows += "<tr><th scope=\"row\">" +
              format_time((first_day_ + static_cast<Micros>(day)) * kDay).substr(0, 10) + "</th>";
      for (const double value : values) rows += cell(grouped(static_cast<std::uint64_t>(value)));
      rows += "</tr>\n";
    }
    return table("Bytes of all tables by day, about", {"day", "live", "archived"}, rows, TableHeight::tall);
  }

  [[nodiscard]] std::string growth_words(const std::vector<DaySize>& days) const {
    if (days.empty()) return "";
    return "from " + bytes_text(days.front().bytes) + " on " + days.front().date;
  }

  [[nodiscard]] std::string table_row(std::size_t at) const {
    const TableStatus& one = facts_.tables[at];
    const std::string name = one.schema + "." + one.table;
    const std::string pointer = "/tables/" + std::to_string(at);
    const auto found = history_.growth.find(name);
    static const std::vector<DaySize> none;
    const std::vector<DaySize>& days = found == history_.growth.end() ? none : found->second;
    return "<tr><th scope=\"row\">" + name_element(one.schema + "." + one.table) + "</th>" +
           cell(number(pointer + "/rows_about")) + cell(size(pointer + "/bytes_about")) +
           word_cell(sparkline(points(days), days_, growth_words(days))) +
           cell(number(pointer + "/retained_about")) +
           cell(one.verification.chunks == 0 ? "–" : number(pointer + "/verification/percent") + " %") +
           cell(one.verification.oldest ? second_text(*one.verification.oldest).substr(0, 16) : "–") +
           cell(number(pointer + "/verification/differing")) + cell(number(pointer + "/verification/found")) +
           cell(number(pointer + "/verification/repaired")) + cell(number(pointer + "/suspects")) + "</tr>\n";
  }

  [[nodiscard]] std::string tables() const {
    std::string rows;
    for (std::size_t i = 0; i < facts_.tables.size(); ++i) rows += table_row(i);
    return "<section aria-labelledby=\"tables\"><h2 id=\"tables\">Tables</h2>\n" +
           table(counted(facts_.tables.size(), "table") + "; rows and sizes are the server's estimates" +
                     (facts_.sizes_on.empty() ? "" : " of " + facts_.sizes_on),
                 {"table", "rows", "size", "growth", "retained", "verified", "last verified", "differ",
                  "found", "mended", "suspects"},
                 rows) +
           "</section>\n";
  }

  [[nodiscard]] std::string troubles() const {
    std::string runs;
    for (const RunEnd& one : facts_.runs.troubles) {
      runs += "<tr><th scope=\"row\">" + time_element(one.at) + "</th>" +
              cell(std::to_string(one.exit_code)) + word_cell(name_of(one.state)) + "</tr>\n";
    }
    std::string statements;
    for (const FailureFacts& one : history_.failures) {
      statements += "<tr><th scope=\"row\">" + time_element(one.at) + "</th>" +
                    word_cell(one.error == 0 ? "not understood" : std::to_string(one.error)) +
                    word_cell(escaped(one.verb)) + word_cell(escaped(one.schema)) +
                    cell(std::to_string(one.id)) + "</tr>\n";
    }
    std::string out = "<section aria-labelledby=\"failures\"><h2 id=\"failures\">Last failures</h2>\n";
    out += runs.empty()
               ? std::string("<p>No run has ended badly that is still remembered.</p>\n")
               : table("Runs that did not end well, the newest first", {"ended", "exit", "state"}, runs);
    out += statements.empty()
               ? std::string("<p>No statement has failed on the mirror.</p>\n")
               : "<p></p>" + table("Statements that failed on the mirror, the newest first",
                                   {"logged", "error", "statement", "schema", "id in dw_meta.failures"},
                                   statements);
    return out + "</section>\n";
  }

  static std::string foot() {
    return "<footer><p>Made by dw-load " DW_VERSION
           " report. Times are UTC. No text of a statement, no value and no key is on this "
           "page.</p></footer>\n"
           "</body>\n</html>\n";
  }

  const StatusFacts& facts_;
  const StatusHistory& history_;
  json json_;
  std::vector<DayFacts> batch_days_;
  Micros first_day_ = 0;
  Micros last_day_;
  std::size_t days_ = 1;
};

}  // namespace

std::string status_page(const StatusFacts& facts, const StatusHistory& history) {
  return Page(facts, history).make();
}

}  // namespace dw::load
