#include "loader/accept_source.h"

#include "common/util/clock.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

constexpr std::size_t kFirstLook = 65'536;  // bytes; the batch only says who answers, and where to begin

struct Beginning {
  BatchHeader header;
  Cursor start;
  bool known = false;  // the log has the mirror's place
};

Beginning begin_after(const SourceClient& source, const Cursor& place) {
  BatchRequest request;
  request.max_bytes = kFirstLook;
  request.after = place;
  try {
    const Batch batch = decode_batch(source.fetch_batch(request));
    return {batch.header, batch.header.gap ? batch.header.gap->resumes_at : place, true};
  } catch (const UnknownCursorError&) {
    request.after.reset();
    request.since = format_time(place.time + 1);
    const Batch batch = decode_batch(source.fetch_batch(request));
    return {batch.header, batch.cursor_before(0), false};
  }
}

std::string named(const std::string& id, const std::string& server) {
  return server.empty() || server == id ? id : id + " (server " + server + ")";
}

}  // namespace

std::string accept_source(Applier& applier, const SourceClient& source) {
  const Checkpoint before = applier.checkpoint();
  if (!before.cursor)
    throw Error(ExitCode::usage, "this mirror follows no source yet", "leave --accept-source out");
  const Beginning beginning = begin_after(source, *before.cursor);
  const BatchHeader& header = beginning.header;
  if (beginning.known && foreign_because(before.source_id, before.signs, header).empty()) return {};
  applier.accept_source(header, beginning.start);
  return "accepted source " + named(header.source.id, header.source.server) + " in place of " +
         named(before.source_id, before.signs.server) + ": the replay goes on at " +
         format_time(beginning.start.time) + " of its log (" + beginning.start.text() + "), and was at " +
         format_time(before.cursor->time) + "; every table is suspect, and is compared with production now";
}

}  // namespace dw::load
