// Sends statements to the mirror many to a packet, one packet ahead of the answers, and tells of each how it
// ended.
//
// Statements run in the order in which they were added. One that fails does not stop those behind it: the
// server drops the rest of its packet, and the pipeline sends that rest again.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/apply/context.h"

namespace dw::load {

using SharedContext = std::shared_ptr<const Context>;

// The unit of a statement that is dw-load's own.
inline constexpr std::size_t kNoUnit = static_cast<std::size_t>(-1);

// The error of a statement that was not run because one before it in its client's packet failed: production
// ran nothing behind that either (MySQL manual, "Multiple Statement Execution Support").
inline constexpr unsigned kNotReached = static_cast<unsigned>(-1);

struct PipelineItem {
  std::size_t unit = 0;           // what on_result is told
  std::string_view text;          // must live until its result is told
  SharedContext context;          // what it must run in; null: in any
  bool may_share_packet = false;  // one result, and an end that does not depend on sql_mode
  std::size_t packet =
      kNoUnit;  // names the client's packet that it shared with others; kNoUnit: it came alone
};

class Pipeline {
 public:
  // Called once for each item when its end is known; an error of 0: it ran. It may throw: the pipeline is not
  // to be used any more then.
  using OnResult = std::function<void(std::size_t unit, const mysql::StatementResult& result)>;

  Pipeline(mysql::Connection& connection, ContextSwitch& context, OnResult on_result);

  void add(const PipelineItem& item);
  // Waits until everything that was added has ended.
  void flush();

 private:
  enum class Role { lead, statement };
  struct Entry {
    Role role = Role::statement;
    std::size_t unit = 0;
    std::size_t packet = kNoUnit;
    std::string owned;  // the text of a lead
    std::string_view text;
    SharedContext context;  // of a statement
    [[nodiscard]] std::string_view sql() const { return role == Role::lead ? std::string_view(owned) : text; }
  };

  void make_room(std::size_t bytes);
  void append(std::vector<Entry> group);
  void add_alone(Entry statement);
  std::vector<Entry> leads_to(const Entry& statement) const;
  void dispatch();
  void start();
  void await();
  void tell(const Entry& entry, const mysql::StatementResult& result);
  [[nodiscard]] bool is_not_reached(std::size_t packet) const {
    return packet != kNoUnit && packet == failed_packet_;
  }
  void tell_not_reached(std::size_t unit) const;
  void drop_not_reached(std::vector<Entry>& entries, std::size_t failed_unit) const;
  void continue_behind(std::size_t failed);
  void rebuild_without(std::size_t unit, std::size_t from);

  mysql::Connection& connection_;
  ContextSwitch& context_;
  OnResult on_result_;
  std::size_t packet_limit_;
  std::vector<Entry> filling_;
  std::size_t filling_bytes_ = 0;
  bool filling_alone_ = false;  // `filling_` is one statement that must not share a packet
  std::vector<Entry> in_flight_;
  bool in_flight_alone_ = false;
  std::size_t failed_packet_ = kNoUnit;  // the last one in which a statement failed
};

}  // namespace dw::load
