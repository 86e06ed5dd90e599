#include "loader/plan/held.h"

#include <algorithm>

#include "common/sql/server_version.h"

namespace dw::load {
namespace {

constexpr std::string_view kThread = "thread ";
constexpr std::string_view kXa = "xa ";
constexpr std::string_view kWait = "wait ";

}  // namespace

std::string held_key(std::uint64_t thread) {
  return std::string(kThread) + std::to_string(thread);
}

std::string held_key(const std::string& xid) {
  return std::string(kXa) + xid;
}

bool is_wait(const std::string& key) {
  return key.starts_with(kWait);
}

HeldTransaction held_transaction(const std::string& key) {
  HeldTransaction out;
  out.key = key;
  if (key.starts_with(kThread)) {
    out.thread = std::stoull(key.substr(kThread.size()));
  } else if (!is_wait(key)) {
    out.xid = key.substr(kXa.size());
  }
  return out;
}

sql::LexerOptions lexer_options(const HeldStatement& held) {
  Session session;
  session.sql_mode = held.sql_mode;
  session.charset = held.charset;
  sql::LexerOptions out = lexer_options(session);
  out.server = sql::ServerVersion::parse(held.server_version);
  return out;
}

void SavepointScript::add(std::uint64_t number, const sql::Statement& statement) {
  const auto back_to = savepoints_.follow(statement, number);
  if (back_to) ranges_.emplace_back(*back_to, number);
}

bool SavepointScript::took_back(std::uint64_t number) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const auto& range) { return number > range.first && number < range.second; });
}

}  // namespace dw::load
