#include "loader/config.h"

#include "common/util/child_process.h"
#include "common/util/config.h"
#include "common/util/error.h"
#include "common/util/files.h"

namespace dw::load {
namespace {

// A key sent over plain HTTP is a key given away; loopback stays possible for tests and tunnels.
void refuse_plain_http(const std::string& url, const std::string& where) {
  if (url.starts_with("https://")) return;
  for (const char* prefix : {"http://127.", "http://localhost", "http://[::1]"}) {
    if (url.starts_with(prefix)) return;
  }
  throw Error(ExitCode::usage, where + " is \"" + url + "\"", "it must start with https://");
}

SourceConfig read_source(ConfigObject in) {
  SourceConfig out;
  out.url = in.string("url");
  refuse_plain_http(out.url, in.where("url"));
  while (out.url.ends_with('/')) out.url.pop_back();
  out.api_key_file = in.path("api_key_file");
  read_secret(out.api_key_file, "API key");
  out.ca_file = in.optional_path("ca_file");
  if (out.ca_file) read_file(*out.ca_file, "certificate authority");
  out.connect_timeout_seconds = in.integer("connect_timeout_seconds", out.connect_timeout_seconds, 1, 600);
  out.timeout_seconds = in.integer("timeout_seconds", out.timeout_seconds, 1, 86'400);
  out.attempts = static_cast<int>(in.integer("attempts", out.attempts, 1, 20));
  out.max_batch_bytes = static_cast<std::size_t>(
      in.integer("max_batch_bytes", static_cast<std::int64_t>(out.max_batch_bytes), 1, 256 << 20));
  out.max_response_bytes = static_cast<std::size_t>(
      in.integer("max_response_bytes", static_cast<std::int64_t>(out.max_response_bytes), 1024, 1LL << 31));
  out.rotate = in.boolean("rotate", out.rotate);
  in.finish();
  return out;
}

mysql::ConnectOptions read_mirror(ConfigObject in) {
  mysql::ConnectOptions out;
  out.defaults_file = in.path("defaults_file");
  out.defaults_group = in.string("defaults_group", "");
  refuse_if_readable_by_others(out.defaults_file, "MySQL option");
  in.finish();
  return out;
}

std::vector<std::string> read_when(ConfigObject& in) {
  const std::set<std::string> known{"run", "change", "daily"};
  std::vector<std::string> out = in.strings("when");
  for (const std::string& one : out) {
    if (known.contains(one)) continue;
    throw Error(ExitCode::usage, in.where("when") + " names \"" + one + "\"",
                "did you mean \"" + nearest(one, known) + "\"? It lists run, change, daily");
  }
  if (out.empty()) out.emplace_back("run");
  return out;
}

WebhookConfig read_webhook(ConfigObject in) {
  WebhookConfig out;
  out.preset = in.choice("preset", "generic",
                         {"generic", "matrix", "maubot", "slack", "discord", "ntfy", "healthchecks"});
  out.url_file = in.optional_path("url_file");
  if (out.url_file) read_secret(*out.url_file, "webhook URL");
  out.url = out.url_file ? in.string("url", "") : in.string("url");
  out.when = read_when(in);
  out.ca_file = in.optional_path("ca_file");
  out.timeout_seconds = in.integer("timeout_seconds", out.timeout_seconds, 1, 600);
  if (out.preset == "matrix" || out.preset == "maubot" || out.preset == "ntfy") {
    out.token_file = in.optional_path("token_file");
    if (out.token_file) read_secret(*out.token_file, "access token");
  }
  if (out.preset == "matrix") {
    out.room = in.string("room");
    if (!out.token_file) in.path("token_file");  // says that it is missing
  } else if (out.preset == "maubot") {
    out.user = in.string("user", "");
    out.password_file = in.optional_path("password_file");
    if (out.password_file) read_secret(*out.password_file, "password");
  } else if (out.preset == "generic") {
    out.headers = in.string_map("headers");
    out.json_template = in.string("template", "");
  }
  in.finish();
  return out;
}

HooksConfig read_hooks(ConfigObject in) {
  HooksConfig out;
  for (const char* name : kHookNames) {
    for (std::filesystem::path& path : in.paths(name)) {
      refuse_unsafe_executable(path, "hook");
      out.executables[name].push_back(std::move(path));
    }
  }
  out.stop_on_error = in.choice("on_error", "report", {"report", "stop"}) == "stop";
  out.timeout_seconds = in.integer("timeout_seconds", out.timeout_seconds, 1, 3600);
  in.finish();
  return out;
}

ArchiveOptions read_archive(ConfigObject in) {
  ArchiveOptions out;
  const std::string split = in.choice("split_by", "none", {"none", "month", "year"});
  if (split != "none") out.split_by = split == "year" ? SplitBy::year : SplitBy::month;
  if (in.choice("history", "keys", {"keys", "all"}) == "all") out.history = History::all;
  for (ConfigObject& route : in.objects("routes")) {
    const std::string table = route.string("table");
    const std::size_t dot = table.find('.');
    if (dot == 0 || dot == std::string::npos || dot + 1 == table.size())
      throw Error(ExitCode::usage, route.where("table") + " is \"" + table + "\"", "write schema.table");
    ArchiveRoute& made = out.routes[{table.substr(0, dot), table.substr(dot + 1)}];
    made.expression = route.string("expression");
    made.values = route.strings("values");
    if (made.values.empty()) throw Error(ExitCode::usage, route.where("values") + " is missing or empty");
    route.finish();
  }
  in.finish();
  return out;
}

MediaConfig read_media(ConfigObject in) {
  MediaConfig out;
  out.result_file = in.path("result_file");
  out.max_age_hours = in.integer("max_age_hours", out.max_age_hours, 1, 8760);
  in.finish();
  return out;
}

VerifyConfig read_verify(ConfigObject in) {
  VerifyConfig out;
  out.in_sync = in.boolean("in_sync", out.in_sync);
  out.repair = in.boolean("repair", out.repair);
  out.round_hours = in.integer("round_hours", out.round_hours, 1, 8760);
  out.seconds = in.integer("seconds", out.seconds, 0, 86'400);
  in.finish();
  return out;
}

LogFileConfig read_log_file(ConfigObject in) {
  LogFileConfig out;
  out.path = in.path("path");
  out.max_bytes = static_cast<std::uint64_t>(
      in.integer("max_bytes", static_cast<std::int64_t>(out.max_bytes), 1000, 1LL << 40));
  out.keep = static_cast<int>(in.integer("keep", out.keep, 0, 1000));
  out.json = in.choice("format", "text", {"text", "json"}) == "json";
  in.finish();
  return out;
}

}  // namespace

Config load_config(const std::filesystem::path& file) {
  ConfigObject in = ConfigObject::load(file);
  Config out;
  const bool has_source = in.has("source");
  ConfigObject source = in.object("source");
  ConfigObject mirror = in.object("mirror");
  out.retention = in.choice("retention", out.retention, {"archive", "in-place", "none"});
  out.spool_dir = in.path("spool_dir");
  out.spool_days = static_cast<int>(in.integer("spool_days", out.spool_days, 0, 36'500));
  out.hold_after_seconds = in.integer("hold_after_seconds", out.hold_after_seconds, 0, 31'536'000);
  out.databases = in.strings("databases");
  std::vector<ConfigObject> webhooks = in.objects("webhooks");
  out.states.quiet_after_seconds =
      in.integer("quiet_after_seconds", out.states.quiet_after_seconds, 0, 31'536'000);
  out.states.stalled_after_seconds =
      in.integer("stalled_after_seconds", out.states.stalled_after_seconds, 0, 31'536'000);
  out.states.run_every_seconds = in.integer("run_every_seconds", out.states.run_every_seconds, 1, 31'536'000);
  out.states.overdue_after_seconds =
      in.integer("overdue_after_seconds", out.states.overdue_after_seconds, 0, 31'536'000);
  ConfigObject hooks = in.object("hooks");
  ConfigObject archive = in.object("archive");
  ConfigObject verify = in.object("verify");
  const bool has_media = in.has("media");
  ConfigObject media = in.object("media");
  const bool has_log_file = in.has("log_file");
  ConfigObject log_file = in.object("log_file");
  in.finish();
  if (!has_source)
    throw Error(ExitCode::usage, in.where("source") + " is missing", "README shows a minimal config");
  out.source = read_source(std::move(source));
  out.mirror = read_mirror(std::move(mirror));
  out.archive = read_archive(std::move(archive));
  for (ConfigObject& webhook : webhooks) out.webhooks.push_back(read_webhook(std::move(webhook)));
  out.hooks = read_hooks(std::move(hooks));
  out.verify = read_verify(std::move(verify));
  out.states.verify_round_seconds = out.verify.round_hours * 3'600;
  if (has_log_file) out.log_file = read_log_file(std::move(log_file));
  if (has_media) out.media = read_media(std::move(media));
  return out;
}

}  // namespace dw::load
