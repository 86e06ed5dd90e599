#include "extractor/live_watch.h"

#include "extractor/filter.h"

namespace dw::extract {

std::string live_list_marker(const std::string& nonce) {
  return std::string(kMarker) + " live " + nonce + " */ ";
}
std::string live_end_marker(const std::string& nonce) {
  return std::string(kMarker) + " live-end " + nonce + " */ ";
}

LiveWatch::LiveWatch(const std::string& nonce, const Processes& listed)
    : list_marker_(live_list_marker(nonce)),
      end_marker_(live_end_marker(nonce)),
      in_transaction_(listed.in_transaction) {
  for (const auto& [thread, database] : listed.sessions) {
    threads_.insert(thread);
    if (!database.empty()) databases_.emplace(thread, database);
  }
}

void LiveWatch::observe(std::uint32_t generation, const LogRow& row) {
  if (complete_) return;
  if (!at_) {
    if (row.text.starts_with(list_marker_)) at_ = Position{generation, row.index};
    return;
  }
  complete_ = row.text.starts_with(end_marker_);
  threads_.insert(row.thread_id);
  if (in_transaction_) in_transaction_->insert(row.thread_id);
}

std::optional<LiveSessions> LiveWatch::result() const {
  if (!complete_) return std::nullopt;
  LiveSessions out{*at_, {threads_.begin(), threads_.end()}, databases_};
  if (in_transaction_) out.in_transaction.emplace(in_transaction_->begin(), in_transaction_->end());
  return out;
}

}  // namespace dw::extract
