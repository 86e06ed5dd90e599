#include "loader/dump/dump_baseline.h"

#include <ctime>
#include <optional>
#include <utility>

#include "common/util/clock.h"
#include "common/util/compressed_file.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/dialect_facts.h"
#include "loader/baseline/baseline.h"
#include "loader/baseline/copied_tables.h"
#include "loader/baseline/copy_state_store.h"
#include "loader/baseline/log_place.h"
#include "loader/baseline/schema_maker.h"
#include "loader/baseline/takeover.h"
#include "loader/dump/dump_loader.h"
#include "loader/dump/dump_session.h"
#include "loader/dump/dump_statements.h"
#include "loader/mirror_access.h"
#include "loader/net/source_client.h"
#include "loader/report/words.h"
#include "loader/voice/progress.h"
#include "loader/voice/voice.h"

namespace dw::load {
namespace {

constexpr const char* kFromDump = "loaded from a dump: not compared with production yet";
// What may have been under way when the snapshot was opened is replayed from so long before it.
constexpr Micros kBefore = 3'600'000'000;

// A time of another clock, read as if it were UTC, as this machine's zone would have it.
std::optional<Micros> in_zone_of_this_machine(std::optional<Micros> time) {
  if (!time) return std::nullopt;
  const std::time_t seconds = *time / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  parts.tm_isdst = -1;
  return static_cast<Micros>(std::mktime(&parts)) * kSecond;
}

// The first and last lines tell what the file is; what lies between is not read as statements.
DumpComments comments_of(const std::string& file) {
  DumpComments out;
  CompressedFile in(file);
  std::string piece;
  std::string line;
  while (in.read(piece)) {
    std::size_t begin = 0;
    for (std::size_t end = piece.find('\n'); end != std::string::npos; end = piece.find('\n', begin)) {
      line.append(piece, begin, end - begin);
      if (line.starts_with("--")) out.take(line);
      line.clear();
      begin = end + 1;
    }
    // Rows are long, comments are not.
    if (line.size() < 1000) line.append(piece, begin, 1000);
  }
  return out;
}

void refuse_if_cut_off(const DumpComments& dump) {
  if (dump.complete) return;
  throw Error(ExitCode::failed, "the dump is cut off, or has no comments: its last line is missing",
              "mysqldump ends with \"-- Dump completed\"; make it without --skip-comments and --compact");
}

// Where the log is replayed from, and what the dump holds of it.
struct DumpPlace {
  Cursor start;
  std::optional<CopyMarker> marker;  // none: not known
};

class DumpBaseline {
 public:
  DumpBaseline(const Config& config, const DumpOptions& options, Statistics& statistics)
      : options_(options),
        client_(config.source, statistics),
        mirror_(open_mirror(config)),
        bookkeeping_(mirror_),
        store_(mirror_) {}

  ExitCode run() {
    refuse_if_follows(mirror_);
    const Present present = fetch_present(client_);
    if (!store_.load()) {
      for (const rows::Schema& schema : present.catalog.schemas) refuse_if_not_empty(mirror_, schema.name);
    }
    std::optional<DumpPlace> place = place_before_loading();
    begin(present);
    load(present);
    if (!place)
      place = place_of(session_of(sessions_.found(), dump_, in_zone_of_this_machine(dump_.completed)));
    finish(present, *place);
    return refused_.empty() ? ExitCode::done : ExitCode::needs_eyes;
  }

 private:
  // Whatever can be refused is, before anything is changed. stdin tells its end only when all is loaded.
  std::optional<DumpPlace> place_before_loading() {
    const bool is_stdin = options_.file == "-";
    if (!is_stdin) {
      progress_.update("looking at " + options_.file);
      dump_ = comments_of(options_.file);
      refuse_if_cut_off(dump_);
    }
    if (!options_.since.empty()) {
      BatchRequest request;
      request.since = options_.since;
      request.max_bytes = 1;
      return DumpPlace{decode_batch(client_.fetch_batch(request)).cursor_before(0), std::nullopt};
    }
    find_sessions();
    if (is_stdin && !sessions_.found().empty()) return std::nullopt;
    return place_of(session_of(sessions_.found(), dump_, in_zone_of_this_machine(dump_.completed)));
  }

  void find_sessions() {
    BatchRequest request;
    request.max_bytes = std::size_t{8} << 20U;
    for (bool more = true; more;) {
      const Batch batch = decode_batch(client_.fetch_batch(request));
      sessions_.take(batch);
      progress_.update("looking for the dump in production's log");
      more = batch.header.more;
      request.after = batch.header.next;
    }
  }

  DumpPlace place_of(const DumpSession& session) {
    CopyMarker marker;
    marker.nonce = dump_nonce(session.thread);
    marker.cursor = session.snapshot;
    marker.oldest_transaction = kBefore;
    return {replay_start(client_, marker), marker};
  }

  void begin(const Present& present) {
    bookkeeping_.create_schema();
    store_.create();
    mirror_.execute("START TRANSACTION");
    store_.clear();
    store_.begin(present.header.source.id);
    mirror_.execute("COMMIT");
  }

  void load(const Present& present) {
    const SourceInfo& source = present.header.source;
    const Dialect dialect(dialect_facts(mirror_, source));
    ProgramMaker maker(mirror_, dialect, source);
    for (const rows::Schema& schema : present.catalog.schemas) make_database(mirror_, maker, schema);
    sql::LexerOptions lexer;
    lexer.server = sql::ServerVersion::parse(source.server_version);
    DumpLoader loader(mirror_, maker, present.catalog, lexer, progress_);
    DumpStatements statements([&](std::string_view text, bool in_program) {
      loader.begin_in(statements_->comments().database);
      loader.run(text, in_program);
    });
    statements_ = &statements;
    CompressedFile in(options_.file);
    for (std::string piece; in.read(piece);) statements.feed(piece);
    statements.finish();
    loader.commit();
    mirror_.execute("SET autocommit=1");
    dump_ = statements.comments();
    refuse_if_cut_off(dump_);
    refused_ = loader.refused();
    if (loader.tables() == 0) {
      throw Error(ExitCode::failed, "the dump has no table of a schema that production mirrors",
                  "check the file, and databases in dw-extract's config");
    }
    for (Refused& one : maker.make_others(present.catalog.programs)) refused_.push_back(std::move(one));
    for (const Refused& one : refused_)
      say("the mirror refused " + one.what + " of " + one.schema + ": " + one.message);
    say("loaded " + counted(loader.tables(), "table") + ", " + counted(loader.rows(), "row") +
        "; now run dw-load sync: it compares them with production");
  }

  void finish(const Present& present, const DumpPlace& place) {
    std::vector<CopyMarker> markers;
    // Tables are as of the dump, programs as of now.
    if (place.marker) markers = {*place.marker, marker_of(present.header)};
    mirror_.execute("SET NAMES utf8mb4");
    save_takeover(mirror_, {present, refused_, place.start, std::move(markers), kFromDump});
  }

  const DumpOptions& options_;
  SourceClient client_;
  mysql::Connection mirror_;
  Bookkeeping bookkeeping_;
  CopyStateStore store_;
  Progress progress_{"asking production what it has"};
  DumpSessions sessions_;
  DumpComments dump_;
  const DumpStatements* statements_ = nullptr;
  std::vector<Refused> refused_;
};

}  // namespace

ExitCode run_dump_baseline(const Config& config, const DumpOptions& options, Statistics& statistics) {
  return DumpBaseline(config, options, statistics).run();
}

}  // namespace dw::load
